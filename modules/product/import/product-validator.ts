import type { Queryable } from '#db'
import type { Locale } from '#schemas'
import type { InventoryPolicy } from '../draft.contract.ts'
import { batchesOf } from './batches.ts'
import { LineIndex } from './line-index.ts'
import { readSkuOwners } from './import.store.ts'
import { retryWhileUnavailable } from '../registration/transaction-retry.ts'
import type { ParsedProduct } from './product-builder.ts'
import type { RowRejection, Rejections, Warnings } from './rejections.ts'

interface ValidateOptions {
  query: Queryable
  rejections: Rejections
  warnings: Warnings
  signal: AbortSignal
  /** Name in the file of the SKU column. */
  skuColumn: string
}

/** What the check has found in the file, apart from rejections. */
export interface CheckedFile {
  products: number
  languages: Record<Locale, number>
  /** Variants by inventory policy. */
  variants: Record<InventoryPolicy, number>
  /** Variants without a SKU in the file, for which one was generated. */
  skusGenerated: number
  /** Negative quantities, which became 0. */
  negativeQuantities: number
  /** Tracked variants without a quantity in the file. */
  quantitiesMissing: number
}

/** Reads all products and rejects those that conflict with each other or with the catalog. Writes nothing. */
export async function validateProducts(
  products: AsyncIterable<ParsedProduct>,
  { query, rejections, warnings, signal, skuColumn }: ValidateOptions,
): Promise<CheckedFile> {
  const handleLines = new LineIndex()
  const skuLines = new LineIndex()
  const checked: CheckedFile = {
    products: 0,
    languages: { en: 0, zh: 0 },
    variants: { tracked: 0, backorder: 0, untracked: 0 },
    skusGenerated: 0,
    negativeQuantities: 0,
    quantitiesMissing: 0,
  }
  for await (const batch of batchesOf(products)) {
    const skus = batch.flatMap(({ draft }) => draft?.variants.map(({ sku }) => sku) ?? [])
    const owners = await retryWhileUnavailable(() => readSkuOwners(query, skus), signal)
    for (const product of batch) {
      count(checked, product)
      if (product.doubt === 'mixed')
        warnings.add({
          ...rejectionAt(product, product.line),
          reason: 'its language is in doubt, English or Chinese; name it with --locale',
        })
      rejectRepeated(product, handleLines, rejections)
      for (const [index, { sku }] of product.draft?.variants.entries() ?? []) {
        const line = product.variants[index]?.line ?? product.line
        const reject = (reason: string) =>
          rejections.add(product.line, { ...rejectionAt(product, line), field: skuColumn, reason })
        const firstLine = skuLines.addIfAbsent(sku, line)
        if (firstLine !== undefined) reject(`the SKU ${sku} is also on line ${firstLine}`)
        const owner = owners.get(sku)
        if (owner !== undefined && owner !== product.handle) reject(skuTakenReason(sku, owner))
      }
    }
  }
  return checked
}

function count(checked: CheckedFile, { locale, draft, variants, negativeQuantities }: ParsedProduct): void {
  checked.products += 1
  checked.languages[locale] += 1
  checked.negativeQuantities += negativeQuantities
  checked.skusGenerated += variants.filter(({ isSkuGenerated }) => isSkuGenerated).length
  for (const [index, { inventoryPolicy = 'tracked' }] of draft?.variants.entries() ?? []) {
    checked.variants[inventoryPolicy] += 1
    if (inventoryPolicy === 'tracked' && variants[index]?.quantity === null) checked.quantitiesMissing += 1
  }
}

function rejectRepeated(product: ParsedProduct, handleLines: LineIndex, rejections: Rejections): void {
  if (product.handle === null) return
  const firstLine = handleLines.addIfAbsent(product.handle, product.line)
  if (firstLine === undefined) return
  rejections.addRepeated(product.line, firstLine, {
    ...rejectionAt(product, product.line),
    reason: `the rows of a product must follow each other, and this product begins on line ${firstLine}`,
  })
}

const rejectionAt = ({ handle }: ParsedProduct, line: number): Pick<RowRejection, 'line' | 'handle'> => ({
  line,
  ...(handle === null ? {} : { handle }),
})

export const skuTakenReason = (sku: string, owner: string): string =>
  `the SKU ${sku} already belongs to the product ${owner}`

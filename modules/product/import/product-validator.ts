import type { Queryable } from '#db'
import { batchesOf } from './batches.ts'
import { LineIndex } from './line-index.ts'
import { readSkuOwners } from './import.store.ts'
import { retryWhileUnavailable } from '../registration/transaction-retry.ts'
import type { ParsedProduct } from './product-builder.ts'
import type { RowRejection, Rejections } from './rejections.ts'

interface ValidateOptions {
  query: Queryable
  rejections: Rejections
  signal: AbortSignal
  /** Name in the file of the SKU column. */
  skuColumn: string
}

/** Reads all products and rejects those that conflict with each other or with the catalog. Writes nothing. */
export async function validateProducts(
  products: AsyncIterable<ParsedProduct>,
  { query, rejections, signal, skuColumn }: ValidateOptions,
): Promise<{ skusGenerated: number }> {
  const handleLines = new LineIndex()
  const skuLines = new LineIndex()
  let skusGenerated = 0
  for await (const batch of batchesOf(products)) {
    const skus = batch.flatMap(({ draft }) => draft?.variants.map(({ sku }) => sku) ?? [])
    const owners = await retryWhileUnavailable(() => readSkuOwners(query, skus), signal)
    for (const product of batch) {
      skusGenerated += product.skusGenerated
      rejectRepeated(product, handleLines, rejections)
      for (const [index, { sku }] of product.draft?.variants.entries() ?? []) {
        const line = product.variantLines[index] ?? product.line
        const reject = (reason: string) =>
          rejections.add(product.line, { ...rejectionAt(product, line), field: skuColumn, reason })
        const firstLine = skuLines.addIfAbsent(sku, line)
        if (firstLine !== undefined) reject(`the SKU ${sku} is also on line ${firstLine}`)
        const owner = owners.get(sku)
        if (owner !== undefined && owner !== product.handle) reject(skuTakenReason(sku, owner))
      }
    }
  }
  return { skusGenerated }
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

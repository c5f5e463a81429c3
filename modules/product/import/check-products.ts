import type { Queryable } from '#db'
import { batchesOf } from './batches.ts'
import { FirstSeen } from './first-seen.ts'
import { readOwners } from './import.store.ts'
import { retryWhileUnavailable } from '../registration/retry.ts'
import type { GatheredProduct } from './product-rows.ts'
import type { RowRejection, Rejections } from './rejections.ts'

interface CheckOptions {
  query: Queryable
  refusals: Rejections
  signal: AbortSignal
  /** Name of the SKU column in the file. */
  skuColumn: string
}

/** Reads all products and refuses those that contradict each other or the catalog. Writes nothing. */
export async function checkProducts(
  products: AsyncIterable<GatheredProduct>,
  { query, refusals, signal, skuColumn }: CheckOptions,
): Promise<{ skusMade: number }> {
  const handles = new FirstSeen()
  const skus = new FirstSeen()
  let skusMade = 0
  for await (const batch of batchesOf(products)) {
    const asked = batch.flatMap(({ draft }) => draft?.variants.map(({ sku }) => sku) ?? [])
    const owners = await retryWhileUnavailable(() => readOwners(query, asked), signal)
    for (const product of batch) {
      skusMade += product.skusMade
      refuseRepeated(product, handles, refusals)
      for (const [index, { sku }] of product.draft?.variants.entries() ?? []) {
        const line = product.variantLines[index] ?? product.line
        const refuse = (reason: string) =>
          refusals.add(product.line, { ...refusalOf(product, line), field: skuColumn, reason })
        const other = skus.note(sku, line)
        if (other !== undefined) refuse(`the SKU ${sku} stands on line ${other} too`)
        const owner = owners.get(sku)
        if (owner !== undefined && owner !== product.handle) refuse(takenReason(sku, owner))
      }
    }
  }
  return { skusMade }
}

function refuseRepeated(product: GatheredProduct, handles: FirstSeen, refusals: Rejections): void {
  if (product.handle === null) return
  const first = handles.note(product.handle, product.line)
  if (first === undefined) return
  refusals.addRepeated(product.line, first, {
    ...refusalOf(product, product.line),
    reason: `the rows of a product must follow each other, and this one begins on line ${first}`,
  })
}

const refusalOf = ({ handle }: GatheredProduct, line: number): Pick<RowRejection, 'line' | 'handle'> => ({
  line,
  ...(handle === null ? {} : { handle }),
})

export const takenReason = (sku: string, owner: string): string =>
  `the SKU ${sku} belongs to the product ${owner} already`

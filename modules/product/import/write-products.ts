import type { Database } from '#db'
import { catalogChunks, type SavedCatalog } from '../registration/save-catalog.store.ts'
import { batchesOf } from './batches.ts'
import { takenReason } from './check-products.ts'
import type { Header } from './columns.ts'
import type { CsvFile } from './csv-file.ts'
import { saveProducts, type WholeProduct } from './import.store.ts'
import { retryWhileUnavailable } from '../registration/retry.ts'
import type { GatheredProduct } from './product-rows.ts'
import type { Rejections } from './rejections.ts'

interface WriteOptions {
  database: Database
  refusals: Rejections
  header: Header
  currency: string
  file: CsvFile
  signal: AbortSignal
}

type Counts = Pick<SavedCatalog, 'created' | 'updated' | 'unchanged'>

/** Writes the products that were not refused, in transactions of whole products. One that is saved again counts as unchanged. */
export async function writeProducts(products: AsyncIterable<GatheredProduct>, options: WriteOptions): Promise<Counts> {
  const { database, refusals, file, header, currency, signal } = options
  const counts = { created: 0, updated: 0, unchanged: 0 }
  for await (const batch of batchesOf(wholeOnes(products, { refusals, file }))) {
    const byDraft = new Map(batch.map((product) => [product.draft, product]))
    for (const drafts of catalogChunks(byDraft.keys())) {
      const chunk = drafts.flatMap((draft) => byDraft.get(draft) ?? [])
      const saved = await retryWhileUnavailable(
        () => saveProducts(database, { products: chunk, header, currency }),
        signal,
      )
      counts.created += saved.created
      counts.updated += saved.updated
      counts.unchanged += saved.unchanged
      noteRefused(saved, chunk, refusals)
    }
  }
  await file.requireUnchanged()
  return counts
}

/** Those that passed the check. A product that passed then and is broken now was edited in between. */
async function* wholeOnes(
  products: AsyncIterable<GatheredProduct>,
  { refusals, file }: { refusals: Rejections; file: CsvFile },
): AsyncGenerator<WholeProduct> {
  for await (const product of products) {
    if (refusals.productLines.has(product.line)) continue
    const { draft } = product
    if (draft !== null) yield { ...product, draft }
    else await file.requireUnchanged()
  }
}

/** The catalog went on while the file was checked: another product may have got a SKU since. */
function noteRefused({ refused }: SavedCatalog, chunk: WholeProduct[], refusals: Rejections): void {
  for (const { slug, ...refusal } of refused) {
    const product = chunk.find(({ draft }) => draft.slug === slug)
    if (product === undefined) continue
    const reason =
      refusal.reason === 'sku_taken'
        ? takenReason(refusal.sku, refusal.owner)
        : `the catalog refused it (${refusal.reason})`
    refusals.add(product.line, { line: product.line, handle: slug, reason })
  }
}

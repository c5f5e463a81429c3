import type { Database } from '#db'
import { catalogChunks, type SavedCatalog } from '../registration/save-catalog.store.ts'
import { batchesOf } from './batches.ts'
import { skuTakenReason } from './product-validator.ts'
import type { Header } from './csv-header.rules.ts'
import type { CsvFile } from './csv-file.ts'
import { saveProducts, type SavedProducts, type ValidProduct } from './import.store.ts'
import { retryWhileUnavailable } from '../registration/transaction-retry.ts'
import type { ParsedProduct } from './product-builder.ts'
import type { Rejections } from './rejections.ts'

interface WriteOptions {
  database: Database
  rejections: Rejections
  header: Header
  currency: string
  file: CsvFile
  stock: 'keep' | 'set'
  isDryRun: boolean
  signal: AbortSignal
}

type Counts = Pick<SavedProducts, 'created' | 'updated' | 'unchanged' | 'quantitiesDiffering'>

/** Saves the products without rejections, one transaction per chunk. A product that a retry saves again counts as unchanged. */
export async function writeProducts(products: AsyncIterable<ParsedProduct>, options: WriteOptions): Promise<Counts> {
  const { database, rejections, file, header, currency, stock, isDryRun, signal } = options
  const counts = { created: 0, updated: 0, unchanged: 0, quantitiesDiffering: 0 }
  for await (const batch of batchesOf(validProducts(products, { rejections, file }))) {
    const byDraft = new Map(batch.map((product) => [product.draft, product]))
    for (const drafts of catalogChunks(byDraft.keys())) {
      const chunk = drafts.flatMap((draft) => byDraft.get(draft) ?? [])
      const saved = await retryWhileUnavailable(
        () => saveProducts(database, { products: chunk, header, currency, stock, isDryRun }),
        signal,
      )
      counts.created += saved.created
      counts.updated += saved.updated
      counts.unchanged += saved.unchanged
      counts.quantitiesDiffering += saved.quantitiesDiffering
      addRejections(saved, chunk, rejections)
    }
  }
  await file.requireUnchanged()
  return counts
}

/** Products that passed the check. If one is invalid now, the file was modified since. */
async function* validProducts(
  products: AsyncIterable<ParsedProduct>,
  { rejections, file }: { rejections: Rejections; file: CsvFile },
): AsyncGenerator<ValidProduct> {
  for await (const product of products) {
    if (rejections.productLines.has(product.line)) continue
    const { draft } = product
    if (draft !== null) yield { ...product, draft }
    else await file.requireUnchanged()
  }
}

/** Records rejections by the catalog, which may have changed after the check: another product may have the SKU now. */
function addRejections(saved: SavedCatalog, chunk: ValidProduct[], rejections: Rejections): void {
  for (const { slug, ...rejection } of saved.rejections) {
    const product = chunk.find(({ draft }) => draft.slug === slug)
    if (product === undefined) continue
    const reason =
      rejection.reason === 'sku_taken'
        ? skuTakenReason(rejection.sku, rejection.owner)
        : `the catalog rejected it (${rejection.reason})`
    rejections.add(product.line, { line: product.line, handle: slug, reason })
  }
}

import { setTimeout as wait } from 'node:timers/promises'
import { CommitUnknownError, isInfrastructureFailure, type Database } from '#db'
import { AppError } from '#errors'
import { catalogChunks, type SavedCatalog } from '../save-catalog.store.ts'
import { batchesOf } from './batches.ts'
import { takenReason } from './check-products.ts'
import type { Header } from './columns.ts'
import type { CsvFile } from './csv-file.ts'
import { saveProducts, type WholeProduct } from './import.store.ts'
import type { GatheredProduct } from './product-rows.ts'
import type { Refusals } from './refusals.ts'

interface WriteOptions {
  database: Database
  refusals: Refusals
  header: Header
  currency: string
  file: CsvFile
  signal: AbortSignal
}

type Counts = Pick<SavedCatalog, 'created' | 'updated' | 'unchanged'>

/** Writes the products that were not refused, in transactions of whole products. */
export async function writeProducts(products: AsyncIterable<GatheredProduct>, options: WriteOptions): Promise<Counts> {
  const { refusals, file } = options
  const counts = { created: 0, updated: 0, unchanged: 0 }
  for await (const batch of batchesOf(wholeOnes(products, { refusals, file }))) {
    const byDraft = new Map(batch.map((product) => [product.draft, product]))
    for (const drafts of catalogChunks(byDraft.keys())) {
      options.signal.throwIfAborted()
      const chunk = drafts.flatMap((draft) => byDraft.get(draft) ?? [])
      const saved = await saveChunk(chunk, options)
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
  { refusals, file }: { refusals: Refusals; file: CsvFile },
): AsyncGenerator<WholeProduct> {
  for await (const product of products) {
    if (refusals.productLines.has(product.line)) continue
    const { draft } = product
    if (draft !== null) yield { ...product, draft }
    else await file.requireUnchanged()
  }
}

const attemptsMax = 6

/**
 * A shop that is open holds locks and may fail over while a long import runs. A chunk whose commit is in doubt may be
 * saved again, and then counts as unchanged.
 */
async function saveChunk(
  products: WholeProduct[],
  { database, header, currency, signal }: WriteOptions,
): Promise<SavedCatalog> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await saveProducts(database, { products, header, currency })
    } catch (error) {
      signal.throwIfAborted()
      if (!isInfrastructureFailure(error) && !(error instanceof CommitUnknownError)) throw error
      if (attempt === attemptsMax) {
        throw new AppError('unavailable', {
          message:
            'Postgres does not take the products. Those before are imported whole; run the same command again to finish.',
          cause: error,
        })
      }
      await wait(100 * 2 ** attempt, undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }
}

/** The catalog went on while the file was checked: another product may have got a SKU since. */
function noteRefused({ refused }: SavedCatalog, chunk: WholeProduct[], refusals: Refusals): void {
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

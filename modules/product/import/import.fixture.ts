import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { loadConfig } from '#config'
import { createLog } from '#telemetry'
import { openTestCatalog } from '../registration/catalog.fixture.ts'
import { importCatalog, type ImportOptions } from './catalog-import.ts'

/** Test catalog with a temporary folder for CSV files and functions that import them. */
export async function openTestImport(created: AsyncDisposable & { url: string }) {
  const catalog = openTestCatalog(created)
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-import-'))
  const services = {
    config: loadConfig({ SHOP_CURRENCIES: 'USD,EUR,JPY' }),
    database: catalog.database,
    log: createLog('silent'),
  }
  let files = 0
  const write = async (content: string | Buffer): Promise<string> => {
    files += 1
    const file = join(folder, `${files}.csv`)
    await writeFile(file, content)
    return file
  }
  const importFile = (file: string, options: Partial<ImportOptions> = {}) =>
    importCatalog(services, { file, currency: 'USD', onBadRow: 'reject', ...options })
  return {
    ...catalog,
    folder,
    write,
    importFile,
    importText: async (content: string | Buffer, options: Partial<ImportOptions> = {}) =>
      importFile(await write(content), options),
    /** Row versions of everything that an import can write. Equal fingerprints mean that nothing was written. */
    async fingerprint() {
      const { rows } = await catalog.query.execute<{ text: string }>(sql`
        select coalesce(string_agg(line, ';' order by line), '') as text from (
          select 'p' || slug || xmin::text as line from product.product
          union all select 'v' || sku || xmin::text from product.variant
          union all select 'c' || slug || xmin::text from product.category
          union all select 's' || sku || xmin::text from product.stock
          union all select 'd' || product_id || xmin::text from product.search_document) lines`)
      return rows[0]?.text ?? ''
    },
    async slugs() {
      const { rows } = await catalog.query.execute<{ slug: string }>(
        sql`select slug from product.product order by slug`,
      )
      return rows.map(({ slug }) => slug)
    },
    /** Holds up each transaction that writes this product, until it is opened. */
    async openGate(slug: string) {
      const holder = await catalog.database.pool.connect()
      await holder.query(`select pg_advisory_lock(hashtext('gate'))`)
      await holder.query(`create function gate() returns trigger language plpgsql as $$
        begin perform pg_advisory_xact_lock(hashtext('gate')); return new; end $$`)
      await holder.query(`create trigger gate before insert on product.product for each row
        when (new.slug = '${slug}') execute function gate()`)
      let isOpen = false
      const open = async () => {
        if (isOpen) return
        isOpen = true
        await holder.query(`select pg_advisory_unlock(hashtext('gate'))`)
        holder.release()
      }
      return {
        open,
        isReached: async () =>
          (await holder.query(`select from pg_locks where locktype = 'advisory' and not granted`)).rowCount !== 0,
        async [Symbol.asyncDispose]() {
          await open()
          await catalog.database.pool.query('drop function gate cascade')
        },
      }
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true })
      await catalog[Symbol.asyncDispose]()
    },
  }
}

export type TestImport = Awaited<ReturnType<typeof openTestImport>>

const quote = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
const line = (cells: string[]) => `${cells.map(quote).join(',')}\n`

/** CSV of rows by column name. The header has every column that any row has. */
export function csvOf(rows: Record<string, string>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  return line(columns) + rows.map((row) => line(columns.map((column) => row[column] ?? ''))).join('')
}

/** Valid product of one row. */
export const rowOf = (handle: string, cells: Record<string, string> = {}): Record<string, string> => ({
  Handle: handle,
  Title: `The ${handle}`,
  'Variant SKU': handle.toUpperCase(),
  'Variant Price': '9.99',
  'Variant Inventory Qty': '5',
  ...cells,
})

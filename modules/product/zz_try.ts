import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { openDatabase, transaction } from '#db'
import { createLog } from '#telemetry'
import { loadConfig } from '#config'
import { catalogChunks, saveCatalog, seedCatalog } from '#product'
import { productDraftSchema, categoryDraftSchema } from './draft.ts'
import { searchProducts } from './search.store.ts'
import { suggest } from './vocabulary.store.ts'
import { viewOf } from './view.ts'
const database = openDatabase({ url: process.env.U!, poolSize: 4, log: createLog('warn') })
const rows = parse(readFileSync('/work/shared/data/electronics.csv').toString(), { columns: true, bom: true }) as Record<string, string>[]
const slugify = (t: string) => t.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')
if (process.env.LOAD) {
  let t = performance.now()
  await seedCatalog({ database }); console.log('demo', performance.now() - t)
  const cats = [...new Set(rows.map((r) => r['Product Category']!))].filter(Boolean)
  const categories = cats.map((name, position) => categoryDraftSchema.parse({ slug: 'e-' + slugify(name), name: { en: name }, parent: null, position }))
  const products = rows.map((r) => productDraftSchema.parse({ slug: r.Handle, status: 'active', brand: r.Vendor || null, title: { en: r.Title }, description: { en: r['Body (HTML)']!.replace(/<[^>]+>/g, ' ') || r.Title }, categories: r['Product Category'] ? ['e-' + slugify(r['Product Category']!)] : [], media: r['Image Src'] ? [{ url: r['Image Src'], alt: { en: r.Title } }] : [], options: [], variants: [{ sku: r['Variant SKU'], values: [], prices: { USD: Math.round(Number(r['Variant Price']) * 100) }, stock: 50 }], attributes: [] }))
  for (let i = 0; i < 2; i++) for (const chunk of catalogChunks(products)) { t = performance.now(); const r = await transaction(database, (tx) => saveCatalog(tx, { categories, products: chunk })); console.log(JSON.stringify(r), Math.round(performance.now() - t)) }
}
const view = viewOf(loadConfig({}), { currency: 'USD', ...(process.env.ZH ? { locale: 'zh' as const } : {}) })
for (const q of process.argv.slice(2)) {
  const t = performance.now()
  const a = await searchProducts(database.query, { q, limit: 6 }, view)
  console.log(`\n== ${q} · ${a.total} · ${a.didYouMean ?? ''} · ${Math.round(performance.now() - t)} ms · ${a.facets.category.slice(0, 3).map((f) => f.label + ' ' + f.count)} · ${a.facets.brand.slice(0, 3).map((f) => f.value + ' ' + f.count)} · in stock ${a.facets.inStock}`)
  for (const i of a.items) console.log('   ', i.title, '|', i.brand)
  if (process.env.SUG) { const s = await suggest(database.query, q, view); console.log('  suggest', s.terms, s.products.map((p) => p.title)) }
}
await database.close()

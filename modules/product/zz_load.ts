import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { openDatabase, transaction } from '#db'
import { createLog } from '#telemetry'
import { catalogChunks, saveCatalog } from '#product'
import { demoProducts } from './demo/index.ts'
import type { ProductDraft } from './draft.ts'
const database = openDatabase({ url: process.env.U!, poolSize: 4, log: createLog('warn') })
const rows = parse(readFileSync('/work/shared/data/electronics.csv').toString(), { columns: true, bom: true }) as Record<string, string>[]
const categories = Array.from({ length: 10 }, (_, i) => ({ slug: 'r' + i, name: { en: 'Root ' + i, zh: '大类' + i }, parent: null as string | null, position: i }))
const leaves = [...new Set(rows.map((r) => r['Product Category']!).filter(Boolean))]
leaves.forEach((name, i) => categories.push({ slug: 'l' + i, name: { en: name, zh: '分类' + i }, parent: 'r' + (i % 10), position: i }))
const N = Number(process.env.N ?? 10000)
const products: ProductDraft[] = Array.from({ length: N }, (_, i) => {
  const d = demoProducts[i % demoProducts.length]!, e = rows[(i * 7) % rows.length]!, f = rows[(i * 13 + 5) % rows.length]!
  const body = (e['Body (HTML)']! + ' ' + f['Body (HTML)']).replace(/<[^>]+>/g, ' ')
  return { slug: 'p' + i, status: 'active', brand: i % 3 ? e.Vendor || null : d.brand, title: { en: `${e.Title} wireless ${i}`.slice(0, 400), zh: `${d.title.zh} ${i}` }, description: { en: body + ' ' + (d.description.en ?? ''), ...(d.description.zh ? { zh: d.description.zh } : {}) }, categories: ['l' + ((i * 7) % leaves.length)], media: d.media, options: [{ name: { en: 'Colour', zh: '颜色' }, values: [{ en: 'Red', zh: '红' }, { en: 'Blue', zh: '蓝' }, { en: 'Black', zh: '黑' }] }], variants: [0, 1, 2].map((v) => ({ sku: `S-${i}-${v}`, values: [v], prices: { USD: 1000 + ((i * 7919) % 90000), ...(i % 2 ? { EUR: 900 + ((i * 7919) % 90000) } : {}) }, stock: i % 9 ? 50 : 0 })), attributes: d.attributes }
})
const t0 = performance.now(); let worst = 0
for (const chunk of catalogChunks(products)) { const t = performance.now(); await transaction(database, (tx) => saveCatalog(tx, { categories, products: chunk })); worst = Math.max(worst, performance.now() - t) }
console.log('load s', (performance.now() - t0) / 1000, 'worst chunk ms', worst)
await database.close()

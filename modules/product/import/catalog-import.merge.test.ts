import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { transaction } from '#db'
import { createTestDatabase } from '#test'
import { getProduct } from '../catalog/catalog.store.ts'
import { inChinese, inDollars } from '../registration/catalog.fixture.ts'
import { applyStock } from '../stock/stock.store.ts'
import { csvOf, openTestImport, rowOf, type TestImport } from './import.fixture.ts'

/** What a second file does to the products of the first. */

let shop: TestImport
beforeAll(async () => {
  shop = await openTestImport(await createTestDatabase())
})
beforeEach(() =>
  shop.query.execute(
    sql`truncate product.product, product.category, product.stock, product.stock_movement, product.search_term cascade`,
  ),
)
afterAll(() => shop[Symbol.asyncDispose]())

const inEnglish = (slug: string) => getProduct(shop.query, { slug }, inDollars)
const inHan = (slug: string) => getProduct(shop.query, { slug }, inChinese)

describe('a file in a second language', () => {
  const english = [
    rowOf('anker', {
      Title: 'Anker 737',
      'Body (HTML)': 'A power bank for long days.',
      Vendor: 'Anker',
      Type: 'Power banks',
      'Option1 Name': 'Colour',
      'Option1 Value': 'Black',
      'Image Src': 'https://cdn.example.com/a.png',
      'Image Alt Text': 'Front',
    }),
    { Handle: 'anker', 'Variant SKU': 'ANKER-W', 'Variant Price': '11', 'Option1 Value': 'White' },
  ]
  const chinese = [
    {
      ...english[0],
      'Body (HTML)': '大容量移动电源，适合长途旅行。',
      Type: '移动电源',
      'Option1 Name': '颜色',
      'Option1 Value': '黑色',
      'Image Alt Text': '正面',
    },
    { ...english[1], 'Option1 Value': '白色' },
  ]
  const withoutSkus = (rows: Record<string, string>[]) =>
    rows.map(({ 'Variant SKU': _, ...cells }) => ({ ...cells, 'Option1 Value': cells['Option1 Value'] ?? '' }))

  test.each([
    ['named by --locale', english, chinese, { locale: 'zh' as const }],
    ['recognised by its texts', english, chinese, {}],
    ['of variants without SKUs', withoutSkus(english), withoutSkus(chinese), { locale: 'zh' as const }],
    [
      'in another order of rows',
      english,
      [
        { ...chinese[0], ...chinese[1], Title: 'Anker 737' },
        { Handle: 'anker', 'Variant SKU': 'ANKER', 'Variant Price': '9.99', 'Option1 Value': '黑色' },
      ],
      { locale: 'zh' as const },
    ],
  ])('adds its texts and keeps those of the first: %s', async (_, first, second, options) => {
    await shop.importText(csvOf(first))
    const skusBefore = (await inEnglish('anker')).variants.map(({ sku }) => sku)
    await shop.importText(csvOf(second), options)
    const [en, zh] = [await inEnglish('anker'), await inHan('anker')]
    expect(en).toMatchObject({ title: 'Anker 737', description: 'A power bank for long days.', brand: 'Anker' })
    expect(en.categories.map(({ name }) => name)).toEqual(['Power banks'])
    expect(en.media).toEqual([{ url: 'https://cdn.example.com/a.png', alt: 'Front' }])
    expect(en.options.map(({ name }) => name)).toEqual(['Colour'])
    expect(new Map(en.variants.map(({ sku, options: chosen }) => [sku, chosen]))).toEqual(
      new Map(skusBefore.map((sku) => [sku, { Colour: /W/.test(sku) ? 'White' : 'Black' }])),
    )
    expect(zh).toMatchObject({ title: 'Anker 737', description: '大容量移动电源，适合长途旅行。' })
    expect(zh.options.map(({ name }) => name)).toEqual(['颜色'])
    expect(zh.options[0]?.values.toSorted()).toEqual(['白色', '黑色'])
    expect(zh.media[0]?.alt).toBe('正面')

    await shop.importText(csvOf(first))
    expect((await inHan('anker')).options).toEqual([{ name: '颜色', values: ['黑色', '白色'] }])
    expect((await shop.importText(csvOf(first))).products).toMatchObject({ unchanged: 1 })
  })

  test('without a description leaves readers the first one', async () => {
    await shop.importText(csvOf(english))
    await shop.importText(csvOf([rowOf('anker', { Title: '安克', 'Body (HTML)': '' })]), { locale: 'zh' })
    expect(await inHan('anker')).toMatchObject({ title: '安克', description: 'A power bank for long days.' })
  })

  test('gives its language to names that show none', async () => {
    await shop.importText(
      csvOf([rowOf('a', { Title: '安克' }), rowOf('b', { Title: 'Anker 737' }), rowOf('c', { Title: '充电宝' })]),
    )
    const { rows } = await shop.query.execute(sql`select title from product.product order by slug`)
    expect(rows).toEqual([{ title: { zh: '安克' } }, { title: { zh: 'Anker 737' } }, { title: { zh: '充电宝' } }])
  })

  test('is reported where it is in doubt', async () => {
    const text = csvOf([rowOf('a', { Title: 'iPhone 15 Pro Max 手机壳' })])
    expect(await shop.importText(text)).toMatchObject({
      languages: { en: 1, zh: 0 },
      warnings: [{ line: 2, handle: 'a', reason: expect.stringMatching(/--locale/) }],
    })
    expect(await shop.importText(text, { locale: 'zh' })).toMatchObject({ languages: { en: 0, zh: 1 }, warnings: [] })
  })
})

describe('a changed quantity in the file', () => {
  const row = (quantity: string) =>
    csvOf([rowOf('a', { 'Variant Inventory Tracker': 'shopify', 'Variant Inventory Qty': quantity })])
  const stock = async () =>
    (
      await shop.query
        .execute(sql`select available, reserved, backordered, (select sum(quantity)::int from product.stock_movement m
        where m.sku = s.sku) as moved from product.stock s`)
    ).rows
  const reserve = (quantity: number) =>
    transaction(shop.database, (tx) => applyStock(tx, [{ sku: 'A', kind: 'reserve', quantity, reference: 'order' }]))

  test('is kept from the stock and counted, unless it is to be set', async () => {
    await shop.importText(row('5'))
    await reserve(2)
    expect(await shop.importText(row('9'))).toMatchObject({ quantitiesDiffering: 1, products: { unchanged: 1 } })
    expect(await stock()).toEqual([{ available: 3, reserved: 2, backordered: 0, moved: 5 }])
    expect(await shop.importText(row('9'), { stock: 'set' })).toMatchObject({ quantitiesDiffering: 1 })
    expect(await stock()).toEqual([{ available: 9, reserved: 2, backordered: 0, moved: 11 }])
    expect(await shop.importText(row('9'), { stock: 'set' })).toMatchObject({ quantitiesDiffering: 0 })
    expect(await shop.importText(row(''), { stock: 'set' })).toMatchObject({ quantitiesDiffering: 0 })
    expect(await stock()).toEqual([{ available: 9, reserved: 2, backordered: 0, moved: 11 }])
  })

  test('that is set serves the back orders', async () => {
    await shop.importText(csvOf([rowOf('a', { 'Variant Inventory Policy': 'continue', 'Variant Inventory Qty': '1' })]))
    await reserve(4)
    expect(await stock()).toEqual([{ available: 0, reserved: 4, backordered: 3, moved: 1 }])
    await shop.importText(row('6'), { stock: 'set' })
    expect(await stock()).toEqual([{ available: 6, reserved: 4, backordered: 0, moved: 10 }])
  })
})

describe('a dry run', () => {
  test('reports what an import would do, and writes nothing', async () => {
    await shop.importText(csvOf([rowOf('same', { Type: 'Cups' }), rowOf('changed'), rowOf('stocked')]))
    const before = await shop.fingerprint()
    const text = csvOf([
      rowOf('same', { Type: 'Cups' }),
      rowOf('changed', { Title: 'Quite another' }),
      rowOf('stocked', { 'Variant Inventory Qty': '8' }),
      rowOf('new', { Type: 'Lamps > Floor lamps' }),
      rowOf('bad', { 'Variant Price': 'x' }),
    ])
    for (const stock of ['keep', 'set'] as const) {
      const dry = await shop.importText(text, { isDryRun: true, onBadRow: 'skip', stock })
      expect(dry.products).toEqual({ created: 1, updated: 1, unchanged: 2, rejected: 1 })
      expect(dry.quantitiesDiffering).toBe(1)
    }
    expect(await shop.fingerprint()).toBe(before)
    const { products } = await shop.importText(text, { onBadRow: 'skip' })
    expect(products).toEqual({ created: 1, updated: 1, unchanged: 2, rejected: 1 })
  })
})

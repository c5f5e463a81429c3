import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '#test'
import {
  categoryOf,
  draftOf,
  inChinese,
  inDollars,
  inEuros,
  openTestCatalog,
  save,
} from '../registration/catalog.fixture.ts'
import { categoryTree, getProduct, listProducts, relatedProducts } from './catalog.store.ts'
import { productSorts, type ListInput } from '../contract.ts'

const inBoth = (usd: number, eur: number) => [{ values: [], prices: { USD: usd, EUR: eur }, stock: 1 }]
const products = [
  draftOf({ title: 'Cup', zh: '杯子', categories: ['cups'], usd: 10_00 }),
  draftOf({
    title: 'Mug',
    zh: '马克杯',
    categories: ['cups'],
    variants: inBoth(12_00, 30_00).map((each) => ({ ...each, sku: 'MUG' })),
  }),
  draftOf({ title: 'Beaker', zh: '烧杯', categories: ['cups'], usd: 50_00 }),
  draftOf({ title: 'Goblet', zh: '高脚杯', categories: ['cups'], usd: 11_00, stock: 0 }),
  draftOf({
    title: 'apron',
    zh: '围裙',
    categories: ['textiles'],
    variants: inBoth(9_00, 40_00).map((each) => ({ ...each, sku: 'APRON' })),
  }),
  draftOf({ title: 'Secret', status: 'draft', categories: ['cups'] }),
  draftOf({
    title: 'Foreign',
    categories: ['cups'],
    variants: [{ sku: 'FOREIGN', values: [], prices: { JPY: 1 }, stock: 1 }],
  }),
]
const categories = [
  categoryOf('kitchen', 'Kitchen', null, '厨房'),
  categoryOf('cups', 'Cups', 'kitchen'),
  categoryOf('textiles', 'Textiles', 'kitchen'),
  categoryOf('void', 'Void'),
]

let catalog: ReturnType<typeof openTestCatalog>
beforeAll(async () => {
  catalog = openTestCatalog(await createTestDatabase())
  await save(catalog.database, products, categories)
})
afterAll(() => catalog[Symbol.asyncDispose]())

const list = (input: ListInput, localisation = inDollars) => listProducts(catalog.query, input, localisation)
const titles = async (input: ListInput, localisation = inDollars) =>
  (await list(input, localisation)).items.map(({ title }) => title)
const idOf = async (slug: string) => (await getProduct(catalog.query, { slug }, inDollars)).id

describe('lists', () => {
  test('a list has the requested order, with amounts in another currency last', async () => {
    expect(await titles({})).toEqual(['apron', 'Goblet', 'Beaker', 'Mug', 'Cup'])
    expect(await titles({ sort: 'title' })).toEqual(['apron', 'Beaker', 'Cup', 'Goblet', 'Mug'])
    expect(await titles({ sort: 'price_asc' })).toEqual(['apron', 'Cup', 'Goblet', 'Mug', 'Beaker'])
    expect(await titles({ sort: 'price_desc' }, inEuros)).toEqual(['apron', 'Mug', 'Beaker', 'Goblet', 'Cup'])
    // By pinyin: beizi, gaojiaobei, makebei, shaobei, weiqun.
    expect(await titles({ sort: 'title' }, inChinese)).toEqual(['杯子', '高脚杯', '马克杯', '烧杯', '围裙'])
  })

  test.each(productSorts)('pages sorted by %s hold every product once', async (sort) => {
    const seen: string[] = []
    for (let cursor: string | undefined; ;) {
      const page = await list({ sort, limit: 2, ...(cursor === undefined ? {} : { cursor }) })
      seen.push(...page.items.map(({ title }) => title))
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    expect(seen).toEqual(await titles({ sort }))
  })

  test('a category includes its descendants, an unknown one is rejected, a collection is empty', async () => {
    expect(await titles({ category: 'kitchen' })).toHaveLength(5)
    expect(await titles({ category: 'textiles' })).toEqual(['apron'])
    expect(await titles({ category: 'void' })).toEqual([])
    await expect(list({ category: 'no-such' })).rejects.toMatchObject({ code: 'not_found', field: 'category' })
    expect(await list({ collection: 'summer' })).toEqual({ items: [], nextCursor: null })
  })

  test('a cursor of another sort order or currency is rejected', async () => {
    const { nextCursor } = await list({ limit: 1, sort: 'price_asc' })
    for (const [input, localisation] of [
      [{ sort: 'title' }, inDollars],
      [{ sort: 'price_asc' }, inEuros],
    ] as const) {
      await expect(list({ ...input, cursor: String(nextCursor) }, localisation)).rejects.toMatchObject({
        code: 'bad_input',
        field: 'cursor',
      })
    }
  })

  test('a card shows the lowest price and whether any variant can be bought', async () => {
    const { items } = await list({ sort: 'title' }, inEuros)
    expect(items.map(({ title, price, available }) => [title, price.amount, price.currency, available])).toEqual([
      ['apron', 40_00, 'EUR', true],
      ['Beaker', 50_00, 'USD', true],
      ['Cup', 10_00, 'USD', true],
      ['Goblet', 11_00, 'USD', false],
      ['Mug', 30_00, 'EUR', true],
    ])
  })
})

describe('a product', () => {
  test('a product page is in the requested language, else in English', async () => {
    const colours = { name: { en: 'Colour', zh: '颜色' }, values: [{ en: 'Sand', zh: '沙色' }, { en: 'Blue' }] }
    const variants = [0, 1].map((value) => ({
      sku: `BOWL-${value}`,
      values: [value],
      prices: { USD: 20 - value },
      compareAt: { USD: 30 },
      stock: value,
    }))
    const attributes = [{ name: { en: 'Material' }, value: { en: 'Clay' } }]
    await save(catalog.database, [
      draftOf({
        title: 'Bowl',
        status: 'active',
        categories: ['void', 'cups'],
        options: [colours],
        variants,
        attributes,
        media: [{ url: '/bowl.svg', alt: { en: 'A bowl' } }],
      }),
    ])
    const bowl = await getProduct(catalog.query, { slug: 'bowl' }, inChinese)
    expect(bowl).toMatchObject({
      title: 'Bowl',
      media: [{ url: '/bowl.svg', alt: 'A bowl' }],
      options: [{ name: '颜色', values: ['沙色', 'Blue'] }],
      attributes: { Material: 'Clay' },
      variants: [
        {
          sku: 'BOWL-0',
          title: '沙色',
          options: { 颜色: '沙色' },
          price: { amount: 20, currency: 'USD' },
          compareAt: { amount: 30, currency: 'USD' },
          available: 0,
        },
        {
          sku: 'BOWL-1',
          title: 'Blue',
          options: { 颜色: 'Blue' },
          price: { amount: 19, currency: 'USD' },
          available: 1,
        },
      ],
    })
    expect(bowl.categories.map(({ name }) => name)).toEqual(['Void', '厨房', 'Cups'])
    expect(await getProduct(catalog.query, { id: bowl.id }, inChinese)).toEqual(bowl)
    await save(catalog.database, [draftOf({ title: 'Bowl', status: 'archived' })])
  })

  test('a product that is a draft, unknown or without a supported price is not found', async () => {
    for (const slug of ['secret', 'no-such', 'foreign']) {
      await expect(getProduct(catalog.query, { slug }, inDollars)).rejects.toMatchObject({
        code: 'not_found',
        field: 'slug',
      })
    }
  })

  test('related products are others in stock, of one category and currency, by nearest price', async () => {
    const related = async (slug: string, localisation = inDollars) =>
      (await relatedProducts(catalog.query, await idOf(slug), 8, localisation)).map(({ title }) => title)
    expect(await related('cup')).toEqual(['Mug', 'Beaker'])
    expect(await related('cup', inEuros)).toEqual(['Beaker'])
    expect(await related('apron')).toEqual([])
    await expect(relatedProducts(catalog.query, crypto.randomUUID(), 8, inDollars)).rejects.toMatchObject({
      code: 'not_found',
      field: 'id',
    })
  })
})

test('categories form a tree with names in the requested language', async () => {
  const tree = await categoryTree(catalog.query, 'zh')
  expect(tree.map(({ name, children }) => [name, children.map(({ slug }) => slug)])).toEqual([
    ['厨房', ['cups', 'textiles']],
    ['Void', []],
  ])
})

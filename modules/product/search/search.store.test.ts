import fc from 'fast-check'
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
import type { SearchInput } from '../contract.ts'
import { searchProducts } from './search.store.ts'
import { suggest } from './vocabulary.store.ts'

const categories = [
  categoryOf('audio', 'Audio', null, '影音'),
  categoryOf('headphones', 'Headphones', 'audio', '头戴式耳机'),
  categoryOf('keyboards', 'Keyboards', null, '键盘'),
  categoryOf('mice', 'Mice', null, '鼠标'),
  categoryOf('tvs', 'Flat-Panel TVs'),
  categoryOf('mounts', 'TV Mounts'),
  categoryOf('phones', 'Phones'),
]

const products = [
  draftOf({
    title: 'Optical Mouse',
    zh: '光电鼠标',
    description: 'Goes well with any wireless keyboard.',
    categories: ['mice'],
  }),
  draftOf({ title: 'Case for Wireless Keyboards', description: 'Padded.' }),
  draftOf({
    title: 'Desktop 800 Wireless Keyboard and Mouse',
    zh: '无线键盘鼠标套装',
    categories: ['keyboards'],
    usd: 40_00,
  }),
  draftOf({ title: 'Wireless Keyboard', zh: '无线键盘', brand: 'Insignia™', categories: ['keyboards'], usd: 20_00 }),
  draftOf({
    title: 'Mechanical Wireless Keyboard with Number Pad',
    zh: '机械无线键盘',
    brand: 'Keywright',
    categories: ['keyboards'],
    usd: 90_00,
    stock: 0,
  }),
  draftOf({
    title: 'Aura Wireless Headphones',
    zh: 'Aura 头戴式无线耳机',
    brand: 'Pebblecast',
    categories: ['headphones'],
    usd: 129_00,
  }),
  draftOf({ title: 'Studio Wired Headphones', zh: '有线监听耳机', brand: 'Hushwell', categories: ['headphones'] }),
  draftOf({ title: 'Perch Headphone Stand', zh: '耳机支架', description: 'Holds wireless headphones.' }),
  draftOf({
    title: 'Charger',
    zh: '充电器',
    description: 'For earbuds.',
    attributes: [{ name: { en: 'Fits' }, value: { en: 'Earbuds', zh: '无线耳机' } }],
  }),
  draftOf({ title: 'Dock', zh: '十合一扩展坞', description: 'Ten ports.' }),
  draftOf({ title: '40" Class LED 1080p HDTV', categories: ['tvs'] }),
  draftOf({ title: 'Tilting Wall Mount for Most TVs', categories: ['mounts'] }),
  draftOf({ title: 'Case for Apple iPhone 5', brand: 'LifeProof', categories: ['phones'] }),
  draftOf({ title: 'iPhone 5 16GB', brand: 'Apple', categories: ['phones'] }),
  draftOf({
    title: 'Wi-Fi Router',
    slug: 'router',
    variants: [{ sku: 'RT-AC-68', values: [], prices: { USD: 80_00, EUR: 75_00 }, stock: 3 }],
  }),
]

let catalog: ReturnType<typeof openTestCatalog>
beforeAll(async () => {
  catalog = openTestCatalog(await createTestDatabase())
  await save(catalog.database, products, categories)
})
afterAll(() => catalog[Symbol.asyncDispose]())

const search = (q: string, input: Partial<SearchInput> = {}, localisation = inDollars) =>
  searchProducts(catalog.query, { q, ...input }, localisation)
const titles = async (...args: Parameters<typeof search>) => (await search(...args)).items.map(({ title }) => title)

describe('relevance', () => {
  test('products named by the query rank before those that mention it, shorter titles first', async () => {
    const [first, ...rest] = await titles('wireless keyboard')
    expect(first).toBe('Wireless Keyboard')
    expect(rest.slice(0, 2).toSorted()).toEqual([
      'Desktop 800 Wireless Keyboard and Mouse',
      'Mechanical Wireless Keyboard with Number Pad',
    ])
    expect(rest.slice(2)).toEqual(['Case for Wireless Keyboards', 'Optical Mouse'])
    expect((await titles('tv'))[0]).toBe('40" Class LED 1080p HDTV')
    expect((await titles('headphones')).slice(0, 2).toSorted()).toEqual([
      'Aura Wireless Headphones',
      'Studio Wired Headphones',
    ])
    expect(await titles('iphone case')).toEqual(['Case for Apple iPhone 5'])
  })

  test('Chinese words match in any order and any segmentation', async () => {
    expect((await titles('无线耳机', {}, inChinese))[0]).toBe('Aura 头戴式无线耳机')
    expect((await titles('键盘 无线', {}, inChinese))[0]).toBe('无线键盘')
    expect(await titles('扩展坞')).toEqual(['Dock'])
    expect(await titles('坞')).toEqual(['Dock'])
    expect(await titles('蓝牙音箱')).toEqual([])
  })

  test('products of a brand rank before accessories for it', async () => {
    expect((await titles('apple'))[0]).toBe('iPhone 5 16GB')
    expect(await titles('insignia')).toEqual(['Wireless Keyboard'])
  })

  test.each(['RT-AC-68', 'rt-ac-68', 'wifi', 'wi-fi', 'WI FI'])(
    '%s finds the router of that SKU and name',
    async (q) => {
      expect(await titles(q)).toEqual(['Wi-Fi Router'])
    },
  )

  test('the last word matches as a prefix', async () => {
    expect(await titles('mechanical keyb')).toEqual(['Mechanical Wireless Keyboard with Number Pad'])
  })

  test('a misspelt word is replaced by the most similar term, reported as didYouMean', async () => {
    const result = await search('headphnes')
    expect(result.didYouMean).toBe('headphones')
    expect(result.items[0]?.title).toMatch(/Headphones$/)
    expect((await search('wireles keybaord')).didYouMean).toBe('wireless keyboard')
    expect((await search('headphones')).didYouMean).toBeUndefined()
  })

  test('a query without a full match falls back to its last word', async () => {
    expect(await search('mechanical tv')).toMatchObject({ didYouMean: 'tv' })
  })

  test.each(['zzzz', '的', '!!!', "' | (", ':* & \\', 'the'])(
    'a query without a searchable word has an empty result: %s',
    async (q) => {
      expect(await search(q)).toEqual({
        items: [],
        total: 0,
        facets: { category: [], brand: [], inStock: 0 },
        nextCursor: null,
      })
    },
  )
})

test('no query text makes Postgres fail', async () => {
  const queryText = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter((text) => text.isWellFormed())
  const withoutNul = queryText.map((text) => text.replaceAll('\0', ' '))
  await fc.assert(
    fc.asyncProperty(withoutNul, async (q) => {
      expect((await search(q)).total).toBeGreaterThanOrEqual(0)
      await suggest(catalog.query, q, inChinese)
    }),
    { numRuns: 150, examples: [["a' | b"], ['x:*'], ['<->'], ['\\'], ['-‐‑'], ['１.２.３'], ['٣٫٤'], ['ﬁ ʼn ㍿']] },
  )
})

describe('filters, facets and pages', () => {
  test('each facet ignores its own filter and applies the others', async () => {
    const { total, facets } = await search('keyboard', { category: 'keyboards', filters: { brand: ['Keywright'] } })
    expect(total).toBe(1)
    expect(facets).toEqual({
      category: [{ value: 'keyboards', label: 'Keyboards', count: 1 }],
      brand: [
        { value: 'Insignia™', label: 'Insignia™', count: 1 },
        { value: 'Keywright', label: 'Keywright', count: 1 },
      ],
      inStock: 0,
    })
  })

  test('filters restrict by stock, price and category including its descendants', async () => {
    expect(
      await titles('keyboard', { filters: { inStock: true, priceMin: 15_00, priceMax: 50_00 }, sort: 'price_desc' }),
    ).toEqual(['Desktop 800 Wireless Keyboard and Mouse', 'Wireless Keyboard'])
    expect((await titles('headphones', { category: 'audio' })).toSorted()).toEqual([
      'Aura Wireless Headphones',
      'Studio Wired Headphones',
    ])
    await expect(search('keyboard', { category: 'no-such' })).rejects.toMatchObject({
      code: 'not_found',
      field: 'category',
    })
  })

  test('price filters and price order compare only prices in the requested currency', async () => {
    expect((await search('router', {}, inEuros)).items[0]?.price).toEqual({ amount: 75_00, currency: 'EUR' })
    expect(await titles('keyboard', { filters: { priceMin: 0 } }, inEuros)).toEqual([])
    expect((await search('keyboard', { sort: 'price_asc' }, inEuros)).items[0]?.price.currency).toBe('USD')
  })

  test('pages hold every hit once, and an invalid cursor is rejected', async () => {
    const seen: string[] = []
    for (let cursor: string | undefined; ;) {
      const page = await search('keyboard', { limit: 2, ...(cursor === undefined ? {} : { cursor }) })
      seen.push(...page.items.map(({ title }) => title))
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    expect(seen).toEqual(await titles('keyboard'))
    await expect(search('keyboard', { cursor: 'nonsense' })).rejects.toMatchObject({
      code: 'bad_input',
      field: 'cursor',
    })
  })
})

describe('suggestions', () => {
  test('a completion of the last word always has a hit, in both languages', async () => {
    expect(await suggest(catalog.query, 'wireless key', inDollars)).toMatchObject({
      terms: expect.arrayContaining(['wireless keyboard']) as string[],
    })
    expect((await suggest(catalog.query, 'wired key', inDollars)).terms).toEqual([])
    expect((await suggest(catalog.query, '无线耳', inChinese)).terms).toEqual(['无线耳机'])
  })

  test('suggested products have a title that matches the prefix', async () => {
    expect((await suggest(catalog.query, 'aur', inDollars)).products.map(({ title }) => title)).toEqual([
      'Aura Wireless Headphones',
    ])
    expect(await suggest(catalog.query, '!?', inDollars)).toEqual({ terms: [], products: [] })
  })
})

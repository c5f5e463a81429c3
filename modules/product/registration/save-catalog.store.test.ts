import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { transaction } from '#db'
import { createTestDatabase } from '#test'
import { categoryOf, draftOf, inDollars, openTestCatalog, save } from './catalog.fixture.ts'
import { getProduct } from '../catalog/catalog.store.ts'
import { productDraftSchema } from '../draft.contract.ts'
import { readOffers } from '../catalog/offer.store.ts'
import { catalogChunks, isCatalogEmpty } from './save-catalog.store.ts'
import { searchProducts } from '../search/search.store.ts'
import { applyStock } from '../stock/stock.store.ts'

let catalog: ReturnType<typeof openTestCatalog>
beforeAll(async () => {
  catalog = openTestCatalog(await createTestDatabase())
})
afterAll(() => catalog[Symbol.asyncDispose]())

const one = async <Row extends Record<string, unknown>>(statement: ReturnType<typeof sql>) =>
  (await catalog.query.execute<Row>(statement)).rows[0]
const find = async (q: string) => (await searchProducts(catalog.query, { q }, inDollars)).items.map(({ slug }) => slug)
const offer = (sku: string, currency = 'USD') =>
  readOffers(catalog.query, { skus: [sku], currency, baseCurrency: 'USD', locale: 'en' }).then((offers) =>
    offers.get(sku),
  )

test('a variant names only a picture that its product has', () => {
  const problems = (image: number, pictures: number) => {
    const [variant] = draftOf({ title: 'Jug' }).variants
    const media = Array.from({ length: pictures }, (_, index) => ({ url: `/${index}.svg`, alt: { en: 'A jug' } }))
    const draft = { ...draftOf({ title: 'Jug', media }), variants: [{ ...variant, image }] }
    return productDraftSchema.safeParse(draft).error?.issues.map(({ path }) => path.join('.')) ?? []
  }
  expect(problems(1, 2)).toEqual([])
  for (const [image, pictures] of [
    [2, 2],
    [0, 0],
    [-1, 2],
    [0.5, 2],
  ] as const)
    expect(problems(image, pictures)).toEqual(['variants.0.image'])
})

describe('saving the catalog', () => {
  test('saving the same drafts again changes nothing, whatever the order of their fields', async () => {
    expect(await isCatalogEmpty(catalog.query)).toBe(true)
    const draft = draftOf({
      title: 'Kettle',
      variants: [{ sku: 'K-1', values: [], prices: { USD: 5, EUR: 6 }, stock: 3 }],
    })
    expect(await save(catalog.database, [draft])).toEqual({ created: 1, updated: 0, unchanged: 0, rejections: [] })
    const snapshot = () =>
      one(sql`select p.xmin::text as product, v.xmin::text as variant, d.xmin::text as document, s.xmin::text as stock
      from product.product p join product.variant v on v.product_id = p.id join product.search_document d on d.product_id = p.id
      join product.stock s on s.sku = v.sku where v.sku = 'K-1'`)
    const before = await snapshot()
    const again = { ...draft, variants: [{ stock: 9, prices: { EUR: 6, USD: 5 }, values: [], sku: 'K-1' }] }
    expect(await save(catalog.database, [again])).toEqual({ created: 0, updated: 0, unchanged: 1, rejections: [] })
    expect(await snapshot()).toEqual(before)
    expect(await isCatalogEmpty(catalog.query)).toBe(false)
  })

  test('a changed draft replaces the old one and keeps existing stock', async () => {
    const draft = draftOf({ title: 'Toaster', stock: 4 })
    await save(catalog.database, [draft])
    const changed = {
      ...draft,
      title: { en: 'Grill' },
      variants: [{ sku: 'TOASTER', values: [], prices: { USD: 7 }, stock: 99 }],
    }
    expect(await save(catalog.database, [changed])).toMatchObject({ created: 0, updated: 1 })
    expect(await offer('TOASTER')).toMatchObject({
      title: 'Grill',
      price: { amount: 7, currency: 'USD' },
      available: 4,
    })
    expect(await find('grill')).toEqual(['toaster'])
    expect(await find('toaster')).toEqual(['toaster'])
  })

  test('a product with the SKU of another is rejected with its owner, and the rest is saved', async () => {
    await save(catalog.database, [draftOf({ title: 'Owner' })])
    const thief = draftOf({ title: 'Thief', variants: [{ sku: 'OWNER', values: [], prices: { USD: 1 }, stock: 1 }] })
    expect(await save(catalog.database, [thief, draftOf({ title: 'Bystander' })])).toEqual({
      created: 1,
      updated: 0,
      unchanged: 0,
      rejections: [{ slug: 'thief', reason: 'sku_taken', sku: 'OWNER', owner: 'owner' }],
    })
  })

  test('inconsistent drafts are rejected with the reason', async () => {
    const options = [{ name: { en: 'Size' }, values: [{ en: 'S' }] }]
    const variant = { sku: 'X-1', values: [1], prices: { USD: 1 }, stock: 1 }
    const { rejections } = await save(catalog.database, [
      draftOf({ title: 'No such value', options, variants: [variant] }),
      draftOf({ title: 'Twice', variants: [1, 2].map(() => ({ ...variant, values: [], sku: 'X-2' })) }),
      draftOf({ title: 'Nowhere', categories: ['no-such'] }),
      draftOf({ title: 'Again' }),
      draftOf({ title: 'Again' }),
    ])
    expect(rejections.map(({ reason }) => reason)).toEqual([
      'options_mismatch',
      'sku_repeated',
      'category_unknown',
      'slug_repeated',
    ])
    const cyclic = await save(
      catalog.database,
      [],
      [categoryOf('a', 'A', 'b'), categoryOf('b', 'B', 'a'), categoryOf('c', 'C', 'no-such')],
    )
    expect(cyclic.rejections.map(({ slug, reason }) => `${slug} ${reason}`)).toEqual([
      'a parent_within_itself',
      'b parent_within_itself',
      'c parent_unknown',
    ])
  })

  test('a dropped variant is not offered any more, but its reserved units can still be taken', async () => {
    const both = ['D-1', 'D-2'].map((sku) => ({ sku, values: [], prices: { USD: 1 }, stock: 2 }))
    await save(catalog.database, [draftOf({ title: 'Dropper', variants: both })])
    const reserve = { sku: 'D-2', quantity: 2, reference: 'order' }
    await transaction(catalog.database, (tx) => applyStock(tx, [{ ...reserve, kind: 'reserve' }]))
    await save(catalog.database, [draftOf({ title: 'Dropper', variants: both.slice(0, 1) })])
    expect(await offer('D-2')).toBeUndefined()
    await transaction(catalog.database, (tx) => applyStock(tx, [{ ...reserve, kind: 'take' }]))
    expect(await one(sql`select available, reserved, product_id from product.stock where sku = 'D-2'`)).toEqual({
      available: 0,
      reserved: 0,
      product_id: null,
    })
  })

  test('archived products are neither found nor shown, and are not on sale', async () => {
    await save(catalog.database, [draftOf({ title: 'Xylophone' })])
    expect(await find('xylophone')).toEqual(['xylophone'])
    await save(catalog.database, [draftOf({ title: 'Xylophone', status: 'archived' })])
    expect(await find('xylophone')).toEqual([])
    await expect(getProduct(catalog.query, { slug: 'xylophone' }, inDollars)).rejects.toMatchObject({
      code: 'not_found',
      field: 'slug',
    })
    expect(await offer('XYLOPHONE')).toMatchObject({ isOnSale: false })
    expect(await one(sql`select count(*) from product.search_term where term = 'xylophone'`)).toEqual({ count: 0 })
  })

  test('renaming a category updates the search documents of its products', async () => {
    await save(
      catalog.database,
      [draftOf({ title: 'Thing', categories: ['leaf'] })],
      [categoryOf('root', 'Gardening'), categoryOf('leaf', 'Spades', 'root')],
    )
    expect(await find('spade')).toEqual(['thing'])
    await save(catalog.database, [], [categoryOf('root', 'Masonry')])
    expect(await find('gardening')).toEqual([])
    expect(await find('masonry spade')).toEqual(['thing'])
  })

  test('the vocabulary has the document frequency of every term', async () => {
    const { rows } = await catalog.query.execute(sql`
      select coalesce(t.term, d.term) as term, t.documents, d.documents as counted from product.search_term t
      full join (select term, count(*)::int as documents from product.search_document, unnest(terms) term group by term) d using (term)
      where t.documents is distinct from d.documents`)
    expect(rows).toEqual([])
  })

  test('an offer names the variant, and has a null price in a currency without one', async () => {
    const options = [{ name: { en: 'Colour' }, values: [{ en: 'Sand' }, { en: 'Blue' }] }]
    await save(catalog.database, [
      draftOf({ title: 'Rug', options, variants: [{ sku: 'RUG-B', values: [1], prices: { USD: 100 }, stock: 1 }] }),
    ])
    expect(await offer('RUG-B', 'EUR')).toMatchObject({
      title: 'Rug – Blue',
      price: null,
      basePrice: { amount: 100, currency: 'USD' },
      isOnSale: true,
    })
  })

  test('chunks hold every draft once, in order, within their limits', () => {
    const drafts = Array.from({ length: 250 }, (_, index) =>
      draftOf({
        title: `P ${index}`,
        variants: Array.from({ length: index === 7 ? 500 : 4 }, () => ({
          sku: 's',
          values: [],
          prices: { USD: 1 },
          stock: 0,
        })),
      }),
    )
    const chunks = [...catalogChunks(drafts)]
    expect(chunks.flat()).toEqual(drafts)
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBe(100)
    expect(Math.max(...chunks.map((chunk) => chunk.flatMap(({ variants }) => variants).length))).toBeLessThanOrEqual(
      1_000,
    )
  })
})

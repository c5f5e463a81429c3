import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase } from '#test'
import { getProduct, listProducts, relatedProducts } from '../catalog/catalog.store.ts'
import { readOffers } from '../catalog/offer.store.ts'
import { inDollars } from '../registration/catalog.fixture.ts'
import { searchProducts } from '../search/search.store.ts'
import { suggest } from '../search/vocabulary.store.ts'
import { csvOf, openTestImport, rowOf, type TestImport } from './import.fixture.ts'

/** What real exports of Shopify hold. */

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

const variantsOf = async (slug: string) =>
  (await getProduct(shop.query, { slug }, inDollars)).variants.map(({ available, isBackorder }) => ({
    available,
    isBackorder,
  }))

const tracked = { 'Variant Inventory Tracker': 'shopify', 'Variant Inventory Policy': 'deny' }

describe('the stock of a variant', () => {
  test('that was oversold is 0, and is counted in the report', async () => {
    const quantities = ['-1', '-3.0', '10.0', '7.']
    const report = await shop.importText(
      csvOf(quantities.map((quantity, index) => rowOf(`p${index}`, { ...tracked, 'Variant Inventory Qty': quantity }))),
    )
    expect(report).toMatchObject({ negativeQuantities: 2, rejections: [], products: { created: 4 } })
    const stored = await Promise.all(quantities.map((_, index) => variantsOf(`p${index}`)))
    expect(stored.flat().map(({ available }) => available)).toEqual([0, 0, 10, 7])
  })

  test('without an inventory tracker is always available', async () => {
    const report = await shop.importText(
      csvOf([
        rowOf('gift', {
          'Variant Inventory Tracker': '',
          'Variant Inventory Policy': 'deny',
          'Variant Inventory Qty': '0',
        }),
      ]),
    )
    expect(report.variants).toEqual({ tracked: 0, backorder: 0, untracked: 1 })
    expect(await variantsOf('gift')).toEqual([{ available: 999, isBackorder: false }])
    const { items, facets } = await searchProducts(shop.query, { q: 'gift', filters: { inStock: true } }, inDollars)
    expect(items.map(({ available }) => available)).toEqual([true])
    expect(facets.inStock).toBe(1)
    const offers = await readOffers(shop.query, { skus: ['GIFT'], currency: 'USD', baseCurrency: 'USD', locale: 'en' })
    expect(offers.get('GIFT')?.available).toBe(999)
  })

  test('with the policy `continue` is sold on back order once it has run out', async () => {
    const row = (handle: string, quantity: string) =>
      rowOf(handle, { ...tracked, 'Variant Inventory Policy': 'continue', 'Variant Inventory Qty': quantity })
    await shop.importText(csvOf([row('late', '-4'), row('soon', '2')]))
    expect(await variantsOf('late')).toEqual([{ available: 999, isBackorder: true }])
    expect(await variantsOf('soon')).toEqual([{ available: 999, isBackorder: false }])
  })

  test('of a file without quantities and tracker is not tracked', async () => {
    await shop.importText(csvOf([{ Handle: 'a', Title: 'A', 'Variant Price': '1' }]))
    expect(await variantsOf('a')).toEqual([{ available: 999, isBackorder: false }])
  })

  test('that is tracked in a file without quantities is 0, and is counted in the report', async () => {
    const report = await shop.importText(csvOf([{ Handle: 'a', Title: 'A', 'Variant Price': '1', ...tracked }]))
    expect(report.quantitiesMissing).toBe(1)
    expect(await variantsOf('a')).toEqual([{ available: 0, isBackorder: false }])
  })

  test("is read from the newer names of Shopify's columns", async () => {
    const row = (handle: string, cells: Record<string, string>) => ({
      'URL handle': handle,
      Title: handle,
      SKU: handle,
      Price: '5',
      ...cells,
    })
    const policy = 'Continue selling when out of stock'
    const report = await shop.importText(
      csvOf([
        row('a', { 'Inventory tracker': 'shopify', 'Inventory quantity': '2', [policy]: 'DENY' }),
        row('b', { 'Inventory tracker': 'shopify', 'Inventory quantity': '0', [policy]: 'CONTINUE' }),
        row('c', { 'Inventory tracker': '', 'Inventory quantity': '', [policy]: '' }),
      ]),
    )
    expect(report.variants).toEqual({ tracked: 1, backorder: 1, untracked: 1 })
  })

  test('becomes counted by the quantity of a later file, and its policy is kept without a column', async () => {
    const row = (tracker: string, quantity: string) =>
      csvOf([rowOf('a', { 'Variant Inventory Tracker': tracker, 'Variant Inventory Qty': quantity })])
    await shop.importText(row('', '0'))
    await shop.importText(csvOf([rowOf('a', { Title: 'Another' })]))
    expect(await variantsOf('a')).toEqual([{ available: 999, isBackorder: false }])
    await shop.importText(row('shopify', '12'))
    expect(await variantsOf('a')).toEqual([{ available: 12, isBackorder: false }])
    const { rows } = await shop.query.execute(sql`
      select sum(quantity)::int as moved from product.stock_movement where sku = 'A'`)
    expect(rows).toEqual([{ moved: 12 }])
  })
})

test('an unlisted product is on sale by its link, and in no list, search, suggestion or related products', async () => {
  const row = (handle: string, Status: string) => rowOf(handle, { Status, Type: 'Lamps', Title: `Lantern ${handle}` })
  await shop.importText(csvOf([row('secret', 'unlisted'), row('open', 'active')]))
  const secret = await getProduct(shop.query, { slug: 'secret' }, inDollars)
  const open = await getProduct(shop.query, { slug: 'open' }, inDollars)
  const slugs = (items: { slug: string }[]) => items.map(({ slug }) => slug)
  expect(slugs((await listProducts(shop.query, {}, inDollars)).items)).toEqual(['open'])
  expect(slugs((await listProducts(shop.query, { category: 'lamps' }, inDollars)).items)).toEqual(['open'])
  expect(slugs((await searchProducts(shop.query, { q: 'lantern' }, inDollars)).items)).toEqual(['open'])
  expect(slugs((await suggest(shop.query, 'lant', inDollars)).products)).toEqual(['open'])
  expect(await relatedProducts(shop.query, open.id, 8, inDollars)).toEqual([])
  expect(slugs(await relatedProducts(shop.query, secret.id, 8, inDollars))).toEqual(['open'])
  const offers = await readOffers(shop.query, { skus: ['SECRET'], currency: 'USD', baseCurrency: 'USD', locale: 'en' })
  expect(offers.get('SECRET')?.isOnSale).toBe(true)
})

describe('the limits of a product', () => {
  const variants = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      ...(index === 0 ? rowOf('big') : { Handle: 'big' }),
      'Variant SKU': `B-${index}`,
      'Variant Price': '1',
      'Option1 Name': 'Kind',
      'Option1 Value': `K${index}`,
    }))
  const images = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      ...(index === 0 ? rowOf('big') : { Handle: 'big' }),
      'Image Src': `https://cdn.example.com/${index}.png`,
    }))

  test("are Shopify's: 2,048 variants and 250 pictures", async () => {
    expect((await shop.importText(csvOf(variants(2_048)))).products.created).toBe(1)
    expect((await getProduct(shop.query, { slug: 'big' }, inDollars)).variants).toHaveLength(2_048)
    await shop.importText(csvOf(images(250)))
    expect((await getProduct(shop.query, { slug: 'big' }, inDollars)).media).toHaveLength(250)
  })

  test.each([
    ['variants', variants(2_049), 'Option1 Value', 'the product has more than 2,048 values of one option'],
    ['pictures', images(251), 'Image Src', 'the product has more than 250 pictures'],
    ['characters', [rowOf('big', { Vendor: 'x'.repeat(256) })], 'Vendor', 'it is longer than 255 characters'],
    [
      'characters of an option value',
      [rowOf('big', { 'Option1 Name': 'Size', 'Option1 Value': 'x'.repeat(256) })],
      'Option1 Value',
      'it is longer than 255 characters',
    ],
  ])('are stated in plain words when it has too many %s', async (_, rows, field, reason) => {
    const { rejections } = await shop.importText(csvOf(rows))
    expect(rejections).toContainEqual({ line: 2, handle: 'big', field, reason })
  })
})

describe('the pictures of a product', () => {
  test('may be several addresses in one cell', async () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => `https://cdn.example.com/${name}.png?v=1,2`)
    await shop.importText(
      csvOf([
        rowOf('p', { 'Image Src': `${a}, ${b}`, 'Image Alt Text': 'Front' }),
        { Handle: 'p', 'Image Src': `${c}\n${d};` },
      ]),
    )
    const { media } = await getProduct(shop.query, { slug: 'p' }, inDollars)
    expect(media.map(({ url }) => url)).toEqual([a, b, c, d])
  })

  test('with something else in the cell are rejected', async () => {
    const { rejections } = await shop.importText(
      csvOf([rowOf('p', { 'Image Src': 'https://cdn.example.com/a.png, b.png' })]),
    )
    expect(rejections).toMatchObject([{ field: 'Image Src', reason: expect.stringMatching(/is not an http or https/) }])
  })

  test('include those of its variants', async () => {
    const [a, b] = ['https://cdn.example.com/a.png', 'https://cdn.example.com/b.png']
    await shop.importText(
      csvOf([
        rowOf('p', { 'Option1 Name': 'Size', 'Option1 Value': 'S', 'Image Src': a, 'Variant Image': b }),
        { Handle: 'p', 'Variant Price': '1', 'Option1 Value': 'M', 'Variant Image': a },
      ]),
    )
    expect((await getProduct(shop.query, { slug: 'p' }, inDollars)).media.map(({ url }) => url)).toEqual([a, b])
  })

  describe('of a variant', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => `https://cdn.example.com/${name}.png`) as [string, string, string]
    const sized = (size: string, cells: Record<string, string>) => ({
      Handle: 'p',
      'Variant SKU': `P-${size}`,
      'Variant Price': '1',
      'Option1 Value': size,
      ...cells,
    })
    const pictures = async () => {
      const { media, variants } = await getProduct(shop.query, { slug: 'p' }, inDollars)
      return {
        media: media.map(({ url, alt }) => [url, alt]),
        variants: variants.map(({ image }) => (image === null ? null : media[image]?.url)),
      }
    }
    const file = [
      { ...rowOf('p', { 'Option1 Name': 'Size' }), ...sized('S', { 'Image Src': a, 'Variant Image': b }) },
      sized('M', { 'Variant Image': c, 'Image Src': b, 'Image Alt Text': 'From behind' }),
      sized('L', {}),
    ]

    test("is the variant's own, and keeps its place and text among those of the product", async () => {
      expect((await shop.importText(csvOf(file))).rejections).toEqual([])
      expect(await pictures()).toEqual({
        media: [
          [a, 'The p'],
          [b, 'From behind'],
          [c, 'The p'],
        ],
        variants: [b, c, null],
      })
      const offers = await readOffers(shop.query, {
        skus: ['P-M', 'P-L'],
        currency: 'USD',
        baseCurrency: 'USD',
        locale: 'en',
      })
      expect(['P-M', 'P-L'].map((sku) => offers.get(sku)?.image?.url)).toEqual([c, a])
    })

    test('is kept by a file without the column, unless the product loses the picture', async () => {
      await shop.importText(csvOf(file))
      const without = (images: string[]) =>
        ['S', 'M', 'L'].map((size, index) => ({
          ...(index === 0 ? rowOf('p', { 'Option1 Name': 'Size' }) : {}),
          ...sized(size, images[index] === undefined ? {} : { 'Image Src': images[index] }),
        }))
      await shop.importText(csvOf(without([])))
      expect((await pictures()).variants).toEqual([b, c, null])
      await shop.importText(csvOf(without([c, a])))
      expect((await pictures()).variants).toEqual([null, c, null])
    })

    test('that is not an address is rejected once, by its column', async () => {
      const { rejections } = await shop.importText(csvOf([rowOf('p', { 'Variant Image': 'b.png' })]))
      expect(rejections).toMatchObject([{ field: 'Variant Image' }])
    })
  })
})

describe('the report', () => {
  test('warns about damaged SKUs and texts by line, and imports them', async () => {
    const report = await shop.importText(
      csvOf([
        rowOf('a', { 'Variant SKU': '4.00638E+12' }),
        rowOf('b', { Title: 'KÃ¼chenmesser' }),
        rowOf('c', { 'Body (HTML)': 'Menâ€™s shirt' }),
        rowOf('d', { Title: 'SÃO PAULO Ãrvore — “Â”', Vendor: 'Château 1E5' }),
        rowOf('e', { Title: 'lost \ufffd character' }),
      ]),
    )
    expect(report.products.created).toBe(5)
    expect(report.warnings.map(({ line, handle, field }) => [line, handle, field])).toEqual([
      [2, 'a', 'Variant SKU'],
      [3, 'b', 'Title'],
      [4, 'c', 'Body (HTML)'],
      [6, 'e', 'Title'],
    ])
    expect(report.warningsTotal).toBe(4)
  })

  test('counts the rows of every column that is passed over', async () => {
    const { passedOver } = await shop.importText(
      csvOf([
        rowOf('a', {
          Tags: 'new, sale',
          'Variant Barcode': '4006381333931',
          'Variant Grams': '250.0',
          'Variant Weight Unit': 'g',
          'Gift Card': 'false',
          'Variant Taxable': 'true',
          'SEO Title': 'A',
          'Colour (product.metafields.custom.colour)': 'red',
        }),
        rowOf('b', { Tags: 'new', 'Gift Card': 'true', 'Variant Grams': '0' }),
      ]),
    )
    expect(passedOver).toEqual([
      { column: 'Tags', rows: 2 },
      { column: 'Variant Barcode', rows: 1 },
      { column: 'Variant Grams', rows: 1 },
      { column: 'Gift Card', rows: 1 },
      { column: 'SEO Title', rows: 1 },
      { column: 'Colour (product.metafields.custom.colour)', rows: 1 },
    ])
  })

  test('of all rejections is written to a file, without formulas', async () => {
    const rejectionsFile = join(shop.folder, 'rejections.csv')
    const rows = Array.from({ length: 1_200 }, (_, index) => rowOf(`b${index}`, { 'Variant Price': 'x' }))
    await shop.importText(csvOf([...rows, rowOf('=b', { Title: '' })]), { rejectionsFile })
    const lines = (await readFile(rejectionsFile, 'utf8')).trimEnd().split('\n')
    expect(lines).toHaveLength(1_203)
    expect(lines.slice(0, 2)).toEqual([
      '\ufeffLine,Handle,Column,Reason',
      '2,b0,Variant Price,"""x"" is not a plain number such as 1299.00"',
    ])
    expect(lines.at(-1)).toBe("1202,'=b,Title,is missing on the first row of the product")
  })

  test('is not written over the imported file, or where nothing can be written', async () => {
    const file = await shop.write(csvOf([rowOf('a')]))
    await expect(shop.importFile(file, { rejectionsFile: file })).rejects.toMatchObject({ field: 'rejectionsFile' })
    await expect(shop.importFile(file, { rejectionsFile: join(shop.folder, 'none', 'x.csv') })).rejects.toMatchObject({
      field: 'rejectionsFile',
    })
    expect((await shop.importFile(file)).products.created).toBe(1)
  })
})

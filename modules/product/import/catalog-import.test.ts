import { stat } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, waitFor } from '#test'
import { getProduct } from '../catalog/catalog.store.ts'
import { draftOf, inChinese, inDollars, inEuros, save } from '../registration/catalog.fixture.ts'
import { searchProducts } from '../search/search.store.ts'
import { csvOf, openTestImport, rowOf, type TestImport } from './import.fixture.ts'

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

const nothing = { created: 0, updated: 0, unchanged: 0 }

describe('importing a catalog', () => {
  test('a product is imported with its text, options, variants, images and category path', async () => {
    const first = rowOf('tee', {
      Title: 'Tee&#174; <3 Cotton',
      'Body (HTML)': '<h2>Soft</h2>\n<p>Wash at 30&#176;<br>only.</p><script>alert(1)</script><ul><li>Red<li>Blue</ul>',
      Vendor: 'Loom &amp; Co',
      'Product Category': 'Apparel > Tops & Tees',
      'Option1 Name': 'Colour',
      'Option1 Value': 'Red',
      'Option2 Name': 'Size',
      'Option2 Value': 'S',
      'Variant SKU': "'001",
      'Variant Compare At Price': '12.5',
      'Image Src': 'https://cdn.example.com/b.png',
      'Image Position': '2',
    })
    const more = (cells: Record<string, string>) => ({ Handle: 'tee', ...cells })
    const report = await shop.importText(
      csvOf([
        first,
        more({
          'Option1 Value': 'Blue',
          'Option2 Value': 'S',
          'Variant Price': '10',
          'Image Src': 'https://cdn.example.com/a.png',
          'Image Position': '1',
          'Image Alt Text': 'Front',
        }),
        more({ 'Option1 Value': 'Blue', 'Option2 Value': 'M', 'Variant SKU': '003', 'Variant Price': '11.00' }),
        more({ 'Image Src': 'https://cdn.example.com/c.png', 'Image Position': '3' }),
      ]),
    )
    expect(report).toMatchObject({
      rows: 4,
      products: { ...nothing, created: 1, rejected: 0 },
      rejections: [],
      rejectionsTotal: 0,
      skusGenerated: 1,
    })
    const product = await getProduct(shop.query, { slug: 'tee' }, inDollars)
    expect(product).toMatchObject({
      title: 'Tee® <3 Cotton',
      description: 'Soft\n\nWash at 30°\nonly.\n\n- Red\n- Blue',
      brand: 'Loom & Co',
      options: [
        { name: 'Colour', values: ['Red', 'Blue'] },
        { name: 'Size', values: ['S', 'M'] },
      ],
      media: [
        { url: 'https://cdn.example.com/a.png', alt: 'Front' },
        { url: 'https://cdn.example.com/b.png', alt: 'Tee® <3 Cotton' },
        { url: 'https://cdn.example.com/c.png' },
      ],
    })
    expect(product.categories.map(({ slug, name }) => [slug, name])).toEqual([
      ['apparel', 'Apparel'],
      ['apparel--tops-tees', 'Tops & Tees'],
    ])
    expect(
      product.variants.map(({ sku, price, compareAt, available }) => [sku, price.amount, compareAt?.amount, available]),
    ).toEqual([
      ['001', 999, 1250, 5],
      [expect.stringMatching(/^TEE-BLUE-S-[0-9A-F]{8}$/), 1000, undefined, 0],
      ['003', 1100, undefined, 0],
    ])
  })

  test('importing the same file again changes nothing', async () => {
    const text = csvOf([
      rowOf('mug', { 'Product Category': 'Kitchen > Mugs', 'Variant SKU': '', 'Body (HTML)': '' }),
      rowOf('茶杯', { Title: '陶瓷茶杯', Type: '厨房 > 茶具' }),
    ])
    expect((await shop.importText(text)).products).toEqual({ ...nothing, created: 2, rejected: 0 })
    const before = await shop.fingerprint()
    expect((await shop.importText(text)).products).toEqual({ ...nothing, unchanged: 2, rejected: 0 })
    expect(await shop.fingerprint()).toBe(before)
    expect((await shop.importText(text.replace('The mug', 'A mug'))).products).toEqual({
      ...nothing,
      updated: 1,
      unchanged: 1,
      rejected: 0,
    })
  })

  test('a Chinese title makes a Chinese product, and Chinese categories have readable slugs', async () => {
    await shop.importText(csvOf([rowOf('buds', { Title: 'Sony 无线降噪耳机', 'Product Category': '数码 > 耳机' })]))
    const { items } = await searchProducts(shop.query, { q: '无线耳机' }, inChinese)
    expect(items.map(({ slug }) => slug)).toEqual(['buds'])
    expect((await getProduct(shop.query, { slug: 'buds' }, inChinese)).categories.map(({ slug }) => slug)).toEqual([
      '数码',
      '数码--耳机',
    ])
  })

  test('an unpublished product becomes a draft, and an archived one stays archived', async () => {
    const row = (handle: string, Status: string, Published: string) => rowOf(handle, { Status, Published })
    await shop.importText(
      csvOf([
        row('a', 'active', 'FALSE'),
        row('b', '', 'true'),
        row('c', 'Draft', 'TRUE'),
        row('d', 'archived', 'FALSE'),
      ]),
    )
    const { rows } = await shop.query.execute<{ status: string }>(sql`select status from product.product order by slug`)
    expect(rows.map(({ status }) => status)).toEqual(['draft', 'active', 'draft', 'archived'])
  })

  test('other currencies, the other language and fields without a column are kept', async () => {
    await shop.importText(
      csvOf([rowOf('pan', { Vendor: 'Iron', 'Product Category': 'Kitchen', 'Variant Compare At Price': '12' })]),
    )
    await shop.importText(
      csvOf([{ Handle: 'pan', Title: '铸铁平底煎锅', 'Variant SKU': 'PAN', 'Variant Price': '8.5' }]),
      { currency: 'EUR' },
    )
    expect(await getProduct(shop.query, { slug: 'pan' }, inDollars)).toMatchObject({
      title: 'The pan',
      brand: 'Iron',
      categories: [{ slug: 'kitchen' }],
      variants: [{ price: { amount: 999 }, compareAt: { amount: 1200 } }],
    })
    expect((await getProduct(shop.query, { slug: 'pan' }, inEuros)).variants[0]?.price).toEqual({
      amount: 850,
      currency: 'EUR',
    })
    expect((await getProduct(shop.query, { slug: 'pan' }, inChinese)).title).toBe('铸铁平底煎锅')
    await shop.importText(csvOf([rowOf('pan', { 'Variant Compare At Price': '' })]))
    expect((await getProduct(shop.query, { slug: 'pan' }, inDollars)).variants[0]?.compareAt).toBeNull()
  })

  test('an existing category keeps its name, parent and translation', async () => {
    await save(
      shop.database,
      [],
      [
        { slug: 'root', name: { en: 'Root' }, parent: null, position: 0 },
        { slug: 'mugs', name: { en: 'Fine Mugs', zh: '杯' }, parent: 'root', position: 3 },
      ],
    )
    await shop.importText(csvOf([rowOf('cup', { 'Product Category': 'Mugs' })]))
    expect((await getProduct(shop.query, { slug: 'cup' }, inChinese)).categories.map(({ name }) => name)).toEqual([
      'Root',
      '杯',
    ])
  })

  test('prices have the decimals of their currency, and an unsupported one is rejected', async () => {
    await shop.importText(csvOf([rowOf('yen', { 'Variant Price': '3500.00' })]), { currency: 'JPY' })
    expect(
      (await getProduct(shop.query, { slug: 'yen' }, { locale: 'en', currencies: ['JPY', 'USD'] })).variants[0]?.price,
    ).toEqual({ amount: 3500, currency: 'JPY' })
    await expect(shop.importText(csvOf([rowOf('x')]), { currency: 'GBP' })).rejects.toMatchObject({
      code: 'unsupported_currency',
      field: 'currency',
    })
  })

  test("the newer names of Shopify's columns are read in any order, unknown columns ignored", async () => {
    const { products } = await shop.importText(
      csvOf([
        {
          Title: 'Vase',
          'URL handle': 'vase',
          Price: '5',
          SKU: 'V1',
          'Inventory quantity': '2',
          'Google Shopping / Gender': 'x',
        },
      ]),
    )
    expect(products.created).toBe(1)
  })
})

describe('an interrupted or contended import', () => {
  const many = csvOf(
    Array.from({ length: 350 }, (_, index) => [
      rowOf(`p${index}`, { 'Option1 Name': 'Size', 'Option1 Value': 'S' }),
      { Handle: `p${index}`, 'Variant SKU': `P${index}-M`, 'Option1 Value': 'M', 'Variant Price': '1' },
    ]).flat(),
  )

  test('a stopped import leaves complete products, and the same command finishes it', async () => {
    const stop = new AbortController()
    const file = await shop.write(many)
    // Stopped between two transactions: the first has committed, the second waits for this lock.
    await using gate = await shop.openGate('p150')
    const importing = Promise.allSettled([shop.importFile(file, { signal: stop.signal })])
    await waitFor(gate.isReached, { what: 'the second transaction' })
    stop.abort(new Error('stopped'))
    await gate.open()
    expect(await importing).toMatchObject([{ status: 'rejected', reason: { message: 'stopped' } }])
    const written = (await shop.slugs()).length
    expect(written).toBeGreaterThan(0)
    expect(written).toBeLessThan(350)
    const { rows } = await shop.query.execute(
      sql`select from product.product p where (select count(*) from product.variant v where v.product_id = p.id) <> 2`,
    )
    expect(rows).toEqual([])
    expect((await shop.importFile(file)).products).toEqual({
      created: 350 - written,
      updated: 0,
      unchanged: written,
      rejected: 0,
    })
  })

  test('the second of two concurrent imports is rejected, and nothing is written twice', async () => {
    const file = await shop.write(many)
    const results = await Promise.allSettled([shop.importFile(file), shop.importFile(file)])
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'in_flight' } })
    expect((await shop.importFile(file)).products.unchanged).toBe(350)
  })

  test('a catalog locked for longer than the lock timeout does not fail the import', async () => {
    const isWaiting = async () =>
      (await shop.query.execute(sql`select from pg_locks where locktype = 'advisory' and not granted`)).rows.length > 0
    const holder = await shop.database.pool.connect()
    await holder.query("select pg_advisory_lock(hashtext('product.catalog'))")
    const importing = shop.importText(csvOf([rowOf('waiting')]))
    await waitFor(isWaiting, { what: 'the import to wait' })
    await waitFor(async () => !(await isWaiting()), { what: 'its lock to time out' })
    await holder.query("select pg_advisory_unlock(hashtext('product.catalog'))")
    holder.release()
    expect((await importing).products.created).toBe(1)
  })

  test('losing the import lock stops it with advice and leaves complete products', async () => {
    let termination: Promise<unknown> | undefined
    const terminateOnce = () => {
      termination ??= shop.database.pool.query(
        `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
          and objid::bigint = hashtext('product.import')::bigint & 4294967295
          and database = (select oid from pg_database where datname = current_database())`,
      )
    }
    const file = await shop.write(many)
    const importing = shop.importFile(file, { progress: ({ step }) => step === 'writing' && terminateOnce() })
    await expect(importing).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/run the same command again/),
    })
    await termination
    const written = (await shop.slugs()).length
    expect((await shop.importFile(file)).products).toEqual({
      created: 350 - written,
      updated: 0,
      unchanged: written,
      rejected: 0,
    })
  })

  test('progress is reported up to ten times a second, for both steps until their end', async () => {
    const reported: { step: string; bytesRead: number; bytesTotal: number; rows: number }[] = []
    const { seconds } = await shop.importText(many, { progress: (state) => reported.push(state) })
    expect(reported.length).toBeLessThanOrEqual(4 + seconds * 10)
    for (const step of ['checking', 'writing']) {
      const last = reported.findLast((state) => state.step === step)
      expect(last).toMatchObject({ bytesRead: last?.bytesTotal, rows: 700 })
    }
  })

  test('memory use does not grow with the file', { timeout: 120_000 }, async () => {
    const rows = 2_000
    const body = `<p>${'Well made of good stuff. '.repeat(400)}</p>`
    const file = await shop.write(
      csvOf(
        Array.from({ length: rows }, (_, index) =>
          rowOf(`big${index}`, {
            'Body (HTML)': index === rows - 1 ? '' : body,
            'Variant Price': index === rows - 1 ? 'x' : '1',
          }),
        ),
      ),
    )
    const { size } = await stat(file)
    const before = liveBytes()
    let peak = before
    let aheadMax = 0
    const report = await shop.importFile(file, {
      progress({ bytesRead, rows: rowsRead }) {
        peak = Math.max(peak, liveBytes())
        aheadMax = Math.max(aheadMax, bytesRead - (rowsRead / rows) * size)
      },
    })
    expect(report).toMatchObject({ rows, rejectionsTotal: 1, products: nothing })
    expect(peak - before).toBeLessThan(size / 2)
    expect(aheadMax).toBeLessThan(size / 10)
  })
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes of the heap in use after a garbage collection. Buffers are left out: another thread frees them, at some time. */
function liveBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

describe('a SKU', () => {
  test('that the file lacks is never that of another variant that reads alike', async () => {
    const variant = (handle: string, option: string, value: string) => ({
      Handle: handle,
      Title: handle,
      'Option1 Name': option,
      'Option1 Value': value,
      'Variant Price': '1',
    })
    const text = csvOf([
      variant('shirt', 'Kind', 'Red XL'),
      variant('shirt', '', 'red/XL'),
      variant('shirt', '', 'Red-XL'),
      variant('shirt-red', 'Size', 'XL'),
      variant('shirt-red-xl', '', ''),
      rowOf('other', { 'Variant SKU': 'SHIRT-RED-XL' }),
    ])
    expect(await shop.importText(text)).toMatchObject({ rejections: [], skusGenerated: 5, products: { created: 4 } })
    expect((await shop.importText(text)).products).toMatchObject({ unchanged: 4 })
  })

  test('of another product is rejected with the name of its owner', async () => {
    await save(shop.database, [draftOf({ title: 'Owner' })])
    const { rejections } = await shop.importText(csvOf([rowOf('thief', { 'Variant SKU': 'OWNER' })]))
    expect(rejections).toEqual([
      { line: 2, handle: 'thief', field: 'Variant SKU', reason: 'the SKU OWNER already belongs to the product owner' },
    ])
  })

  test('that the file repeats is rejected at its second occurrence', async () => {
    const { rejections } = await shop.importText(csvOf([rowOf('one'), rowOf('two', { 'Variant SKU': 'ONE' })]))
    expect(rejections).toEqual([
      { line: 3, handle: 'two', field: 'Variant SKU', reason: 'the SKU ONE is also on line 2' },
    ])
  })

  test('that the file lacks is generated from Handle and options, whatever the order of rows', async () => {
    const rows = ['S', 'M'].map((size) => ({
      Handle: 'cap',
      Title: 'Cap',
      'Option1 Name': 'Size',
      'Option1 Value': size,
      'Variant Price': '1',
    }))
    expect((await shop.importText(csvOf(rows))).skusGenerated).toBe(2)
    const skus = async () =>
      (await shop.query.execute<{ id: string }>(sql`select sku, id from product.variant order by sku`)).rows
    const before = await skus()
    await shop.importText(csvOf(rows.toReversed()))
    expect(await skus()).toEqual(before)
    expect(before.map((row) => row['sku' as 'id'].replace(/-[0-9A-F]{8}$/, ''))).toEqual(['CAP-M', 'CAP-S'])
  })
})

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '#test'
import { draftOf, save } from '../registration/catalog.fixture.ts'
import { csvOf, openTestImport, rowOf, type TestImport } from './import.fixture.ts'

let shop: TestImport
let before: string
beforeAll(async () => {
  shop = await openTestImport(await createTestDatabase())
  await save(shop.database, [draftOf({ title: 'Owner' })])
  before = await shop.fingerprint()
})
afterAll(() => shop[Symbol.asyncDispose]())

const header = 'Handle,Title,Variant SKU,Variant Price\n'

describe.each(['reject', 'skip'] as const)(
  'a file that is not a product CSV is rejected and leaves the catalog unchanged (%s)',
  (onBadRow) => {
    const cases: [title: string, content: string | Buffer, message: RegExp][] = [
      ['0 bytes', '', /is empty \(0 bytes\)/],
      ['only blank lines', '\n\n', /has no header/],
      ['a missing column', 'Handle,Title,Price in Euro\na,A,1\n', /has no column Variant Price\./],
      ['no header', 'a,A,A,1\n', /has no column Handle, Title, Variant Price\./],
      ['a repeated column', `Handle,Title,title,Variant Price\n`, /column title is in the header twice/],
      [
        'bytes in another encoding',
        Buffer.concat([Buffer.from(`${header}a,A,1,1\n`), Buffer.of(0xb2, 0xe8), Buffer.from(',A,2,1\n')]),
        /not UTF-8 text: line 3 /,
      ],
      [
        'a truncated character at the end',
        Buffer.concat([Buffer.from(`${header}a,A,1,1\nb`), Buffer.of(0xe2, 0x82)]),
        /not UTF-8 text: line 3 /,
      ],
      [
        'an invalid byte far into the file',
        Buffer.concat([Buffer.from(header + 'é,A,1,1\n'.repeat(20_000)), Buffer.of(0xff), Buffer.from('\n')]),
        /line 20002 /,
      ],
      ['a zero byte', `${header}a,A\u0000,1,1\n`, /line 2 holds a zero byte/],
      [
        'a spreadsheet named .csv',
        Buffer.from('PK\u0003\u0004\u0014\u0000\u0006\u0000[Content_Types].xml', 'latin1'),
        /is a spreadsheet.*save it as "CSV UTF-8"/,
      ],
      ['an old spreadsheet', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /is a spreadsheet/],
      ['a ZIP archive', Buffer.from('PK\u0003\u0004\u0014\u0000products.csv', 'latin1'), /is a ZIP archive; unpack it/],
      ['a compressed file', Buffer.from('1f8b0800', 'hex'), /compressed \(gzip\)/],
      ['a web page', '<!DOCTYPE html><html><table>', /is a web page/],
      [
        "WooCommerce's export",
        'ID,Type,SKU,Name,Published,"Is featured?","Regular price",Categories\n1,simple,A,A,1,0,9,Cups\n',
        /This is a WooCommerce product export.*Shopify's format/,
      ],
      [
        "Magento's export",
        'sku,store_view_code,attribute_set_code,product_type,name,price\nA,,Default,simple,A,9\n',
        /This is a Magento product export/,
      ],
      [
        "BigCommerce's export",
        'Item Type,Product ID,Product Name,Product Type,Product Code/SKU,Price\nProduct,1,A,P,A,9\n',
        /This is a BigCommerce product export/,
      ],
      [
        "BigCommerce's newer export",
        'Item,ID,Name,Type,SKU,Options,Price,Channels\nProduct,1,A,physical,A,,9,1\n',
        /This is a BigCommerce product export/,
      ],
      [
        "Shopify's inventory",
        'Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Location,Available\na,A,,,A,,,Here,1\n',
        /This is a Shopify inventory export.*Products > Export/,
      ],
      ['an unclosed quote', `${header}a,"A\nA",1,1\nb,"B,2,1\nc,C,3,1\n`, /quote that opens on line 4 is never closed/],
      [
        'an unclosed quote before another quoted cell',
        `${header}a,A,1,1\nb,"B,2,1\nc,"C",3,1\n`,
        /quote that opens on line 3 is not closed/,
      ],
      ['a quote within an unquoted cell', `${header}a,A,1,1\nb,3" pipe,2,1\n`, /middle of a cell on line 3/],
      ['a row that never ends', `${header}a,"${'A,'.repeat(600_000)}`, /row on line 2 is longer/],
    ]
    test.each(cases)('%s', async (_, content, message) => {
      await expect(shop.importText(content, { onBadRow })).rejects.toMatchObject({
        code: 'bad_input',
        field: 'file',
        message: expect.stringMatching(message),
      })
      expect(await shop.fingerprint()).toBe(before)
    })

    test('a missing file, a folder or a device', async () => {
      await expect(shop.importFile(join(shop.folder, 'none.csv'), { onBadRow })).rejects.toMatchObject({
        code: 'bad_input',
        message: expect.stringMatching(/none\.csv does not exist/),
      })
      await expect(shop.importFile(shop.folder, { onBadRow })).rejects.toMatchObject({
        code: 'bad_input',
        message: expect.stringMatching(/is a folder/),
      })
      await expect(shop.importFile('/dev/null', { onBadRow })).rejects.toMatchObject({
        message: expect.stringMatching(/not a regular file/),
      })
    })
  },
)

const invalidCells: [title: string, cells: Record<string, string>, field: string | undefined, reason: RegExp][] = [
  ['a negative price', { 'Variant Price': '-1.00' }, 'Variant Price', /"-1.00" is negative/],
  ['a price that is not a number', { 'Variant Price': 'cheap' }, 'Variant Price', /"cheap" is not a plain number/],
  ['a price with a currency sign', { 'Variant Price': '$5' }, 'Variant Price', /is not a plain number/],
  ['a missing price', { 'Variant Price': '' }, 'Variant Price', /it is missing/],
  [
    'a price with too many decimals',
    { 'Variant Price': '1.999' },
    'Variant Price',
    /too many decimals; the currency has 2/,
  ],
  ['a price in scientific notation', { 'Variant Price': '1e9' }, 'Variant Price', /scientific notation/],
  ['a price with thousand separators', { 'Variant Price': '1,299.00' }, 'Variant Price', /thousand separators/],
  ['a price with a decimal comma', { 'Variant Price': '12,5' }, 'Variant Price', /decimal comma/],
  ['an astronomical price', { 'Variant Price': '9'.repeat(400) }, 'Variant Price', /more than the shop can charge/],
  [
    'an invalid compare-at price',
    { 'Variant Compare At Price': 'x' },
    'Variant Compare At Price',
    /not a plain number/,
  ],
  ['a fractional quantity', { 'Variant Inventory Qty': '1.5' }, 'Variant Inventory Qty', /not a whole number/],
  ['a quantity with thousand separators', { 'Variant Inventory Qty': '1.000' }, 'Variant Inventory Qty', /not a whole/],
  ['an unknown inventory policy', { 'Variant Inventory Policy': 'maybe' }, 'Variant Inventory Policy', /neither deny/],
  ['an unknown status', { Status: 'gone' }, 'Status', /not active, draft, archived or unlisted/],
  ['an unknown published flag', { Published: 'maybe' }, 'Published', /neither TRUE nor FALSE/],
  [
    'a javascript: URL of an image',
    { 'Image Src': 'javascript:alert(1)' },
    'Image Src',
    /not an http or https address/,
  ],
  ['a missing title', { Title: '' }, 'Title', /is missing on the first row/],
  ['a title that is too long', { Title: 'x'.repeat(501) }, 'Title', /^it is longer than 500 characters$/],
  ['a SKU that is too long', { 'Variant SKU': 'x'.repeat(101) }, 'Variant SKU', /^it is longer than 100 characters$/],
  ['a Handle with a space', { Handle: 'b d' }, 'Handle', /letters, digits/],
  ['a missing Handle', { Handle: '' }, 'Handle', /is missing/],
  ['an option without a name', { 'Option1 Value': 'Red' }, 'Option1 Name', /is missing on the first row/],
  [
    'a category path that is too deep',
    { 'Product Category': Array(12).fill('A').join('>') },
    'Product Category',
    /more than 10 levels/,
  ],
  ['a SKU of another product', { 'Variant SKU': 'OWNER' }, 'Variant SKU', /belongs to the product owner/],
]

describe('an invalid row', () => {
  test.each(invalidCells)('%s is rejected with line and column', async (_, cells, field, reason) => {
    const report = await shop.importText(
      csvOf([rowOf('good', { 'Option1 Name': '', Status: '' }), rowOf('bad', cells)]),
    )
    expect(report).toMatchObject({
      rows: 2,
      products: { created: 0, updated: 0, unchanged: 0, rejected: 1 },
      rejectionsTotal: 1,
    })
    expect(report.rejections).toEqual([
      expect.objectContaining({ line: 3, field, reason: expect.stringMatching(reason) }),
    ])
    expect(await shop.fingerprint()).toBe(before)
  })

  test('is reported with its first line, despite line breaks in cells and blank lines', async () => {
    const rows = [
      'Handle,Title,Body (HTML),Variant Price',
      'a,A,"one\r\n\r\ntwo",1',
      '',
      'b,B,"x\ny",oops',
      ',,,',
      'c,"C',
      '2",,',
      'd,D,,1,1',
    ]
    const { rejections } = await shop.importText(`\ufeff${rows.join('\r\n')}`)
    expect(rejections.map(({ line, handle, reason }) => [line, handle, reason])).toEqual([
      [6, 'b', '"oops" is not a plain number such as 1299.00'],
      [9, 'c', 'it is missing'],
      [11, 'd', 'the row has 5 columns and the header 4'],
    ])
  })

  test('is listed up to a thousand times and counted beyond', async () => {
    const report = await shop.importText(
      csvOf(Array.from({ length: 1_200 }, (_, index) => rowOf(`b${index}`, { 'Variant Price': 'x' }))),
    )
    expect(report).toMatchObject({ rejectionsTotal: 1_200, products: { rejected: 1_200 } })
    expect(report.rejections).toHaveLength(1_000)
  })

  test('rejects its whole product, and with skip exactly the valid products are written', async () => {
    await using own = await openTestImport(await createTestDatabase())
    const size = (handle: string, value: string, cells: Record<string, string> = {}) => ({
      Handle: handle,
      'Variant SKU': `${handle}-${value}`,
      'Option1 Value': value,
      'Variant Price': '1',
      ...cells,
    })
    const first = (handle: string) => rowOf(handle, { 'Option1 Name': 'Size', 'Option1 Value': 'S' })
    const text = csvOf([
      first('late'),
      size('late', 'M', { 'Variant Price': 'x' }),
      size('late', 'L'),
      first('good'),
      size('good', 'M'),
      first('same'),
      size('same', 'S'),
      first('split'),
      rowOf('between'),
      size('split', 'M'),
      first('shared'),
      rowOf('shared', { Title: 'Quite another' }),
      first('ragged'),
      { Handle: 'ragged', 'Image Src': 'ftp://example.com/a.png' },
      rowOf('last'),
    ])
    const report = await own.importText(text, { onBadRow: 'skip' })
    expect(await own.slugs()).toEqual(['between', 'good', 'last'])
    expect(report.products).toEqual({ created: 3, updated: 0, unchanged: 0, rejected: 5 })
    expect(report.rejections.map(({ line, handle }) => `${line} ${handle}`)).toEqual(
      expect.arrayContaining(['3 late', '8 same', '11 split', '13 shared', '15 ragged']),
    )
    expect((await own.importText(text, { onBadRow: 'skip' })).products).toEqual({
      created: 0,
      updated: 0,
      unchanged: 3,
      rejected: 5,
    })
  })

  test('without a Handle belongs to the product above, unless it has a title of its own', async () => {
    await using own = await openTestImport(await createTestDatabase())
    const rows = [
      rowOf('above'),
      rowOf('', { Title: '', 'Variant SKU': 'x' }),
      rowOf('next'),
      rowOf('', { Title: 'Another' }),
      rowOf('end'),
    ]
    const { rejections } = await own.importText(csvOf(rows), { onBadRow: 'skip' })
    expect(rejections.map(({ line }) => line)).toContain(3)
    expect(await own.slugs()).toEqual(['end', 'next'])
  })
})

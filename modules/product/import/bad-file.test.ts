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

describe.each(['refuse', 'skip'] as const)(
  'a file that is no product CSV leaves the catalog as it was (%s)',
  (onBadRow) => {
    const cases: [title: string, content: string | Buffer, says: RegExp][] = [
      ['0 bytes', '', /is empty \(0 bytes\)/],
      ['blank lines alone', '\n\n', /has no header/],
      ['a missing column', 'Handle,Title,Price in Euro\na,A,1\n', /has no column Variant Price\./],
      ['no header at all', 'a,A,A,1\n', /has no column Handle, Title, Variant Price\./],
      ['a column twice', `Handle,Title,title,Variant Price\n`, /column title stands in the header twice/],
      ['semicolons', header.replaceAll(',', ';'), /separated by semicolons/],
      [
        'bytes of another encoding',
        Buffer.concat([Buffer.from(`${header}a,A,1,1\n`), Buffer.of(0xb2, 0xe8), Buffer.from(',A,2,1\n')]),
        /not UTF-8 text: line 3 /,
      ],
      [
        'a character cut off at its end',
        Buffer.concat([Buffer.from(`${header}a,A,1,1\nb`), Buffer.of(0xe2, 0x82)]),
        /not UTF-8 text: line 3 /,
      ],
      [
        'other bytes far into it',
        Buffer.concat([Buffer.from(header + 'é,A,1,1\n'.repeat(20_000)), Buffer.of(0xff), Buffer.from('\n')]),
        /line 20002 /,
      ],
      ['UTF-16, little endian', Buffer.from(`\ufeff${header}`, 'utf16le'), /is UTF-16 text/],
      ['UTF-16, big endian', Buffer.from(`\ufeff${header}`, 'utf16le').swap16(), /is UTF-16 text/],
      ['UTF-16 without a mark', Buffer.from(header, 'utf16le'), /line 1 holds a zero byte/],
      [
        'a quote that is never closed',
        `${header}a,"A\nA",1,1\nb,"B,2,1\nc,C,3,1\n`,
        /quote that opens on line 4 is never closed/,
      ],
      [
        'a quote that the next one closes',
        `${header}a,A,1,1\nb,"B,2,1\nc,"C",3,1\n`,
        /quote that opens on line 3 is not closed/,
      ],
      ['a quote within a cell', `${header}a,A,1,1\nb,3" pipe,2,1\n`, /middle of a cell on line 3/],
      ['a row without end', `${header}a,"${'A,'.repeat(600_000)}`, /row on line 2 is longer/],
    ]
    test.each(cases)('%s', async (_, content, says) => {
      await expect(shop.importText(content, { onBadRow })).rejects.toMatchObject({
        code: 'bad_input',
        field: 'file',
        message: expect.stringMatching(says),
      })
      expect(await shop.fingerprint()).toBe(before)
    })

    test('no file, or a folder', async () => {
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

const badCells: [title: string, cells: Record<string, string>, field: string | undefined, reason: RegExp][] = [
  ['a negative price', { 'Variant Price': '-1.00' }, 'Variant Price', /"-1.00" is negative/],
  ['a price that is no number', { 'Variant Price': 'cheap' }, 'Variant Price', /"cheap" is not a plain number/],
  ['a price with a sign', { 'Variant Price': '$5' }, 'Variant Price', /is not a plain number/],
  ['no price', { 'Variant Price': '' }, 'Variant Price', /it is missing/],
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
  ['a bad price to compare at', { 'Variant Compare At Price': 'x' }, 'Variant Compare At Price', /not a plain number/],
  ['a fractional quantity', { 'Variant Inventory Qty': '1.5' }, 'Variant Inventory Qty', /not a whole number/],
  ['a negative quantity', { 'Variant Inventory Qty': '-3' }, 'Variant Inventory Qty', /is negative/],
  ['an unknown status', { Status: 'gone' }, 'Status', /not active, draft or archived/],
  ['neither published nor not', { Published: 'maybe' }, 'Published', /neither TRUE nor FALSE/],
  ['a script for a picture', { 'Image Src': 'javascript:alert(1)' }, 'Image Src', /not an http or https address/],
  ['no title', { Title: '' }, 'Title', /is missing on the first row/],
  ['a title too long', { Title: 'x'.repeat(501) }, 'Title', /500/],
  ['a SKU too long', { 'Variant SKU': 'x'.repeat(101) }, 'Variant SKU', /100/],
  ['a Handle with a space', { Handle: 'b d' }, 'Handle', /letters, digits/],
  ['no Handle', { Handle: '' }, 'Handle', /is missing/],
  ['an option without name', { 'Option1 Value': 'Red' }, 'Option1 Name', /is missing on the first row/],
  [
    'a category too deep',
    { 'Product Category': Array(12).fill('A').join('>') },
    'Product Category',
    /more than 10 levels/,
  ],
  ['a SKU that another product has', { 'Variant SKU': 'OWNER' }, 'Variant SKU', /belongs to the product owner/],
]

describe('a bad row', () => {
  test.each(badCells)('%s is refused by line and column, and nothing is imported', async (_, cells, field, reason) => {
    const report = await shop.importText(
      csvOf([rowOf('good', { 'Option1 Name': '', Status: '' }), rowOf('bad', cells)]),
    )
    expect(report).toMatchObject({
      rows: 2,
      products: { created: 0, updated: 0, unchanged: 0, refused: 1 },
      refusedTotal: 1,
    })
    expect(report.refused).toEqual([expect.objectContaining({ line: 3, field, reason: expect.stringMatching(reason) })])
    expect(await shop.fingerprint()).toBe(before)
  })

  test('is told by the line on which it begins, whatever line breaks and blank lines stand before it', async () => {
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
    const { refused } = await shop.importText(`\ufeff${rows.join('\r\n')}`)
    expect(refused.map(({ line, handle, reason }) => [line, handle, reason])).toEqual([
      [6, 'b', '"oops" is not a plain number such as 1299.00'],
      [9, 'c', 'it is missing'],
      [11, 'd', 'the row has 5 columns and the header 4'],
    ])
  })

  test('is listed a thousand times and counted on', async () => {
    const report = await shop.importText(
      csvOf(Array.from({ length: 1_200 }, (_, index) => rowOf(`b${index}`, { 'Variant Price': 'x' }))),
    )
    expect(report).toMatchObject({ refusedTotal: 1_200, products: { refused: 1_200 } })
    expect(report.refused).toHaveLength(1_000)
  })

  test('leaves out its whole product, and with skip exactly the good products are written', async () => {
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
    expect(report.products).toEqual({ created: 3, updated: 0, unchanged: 0, refused: 5 })
    expect(report.refused.map(({ line, handle }) => `${line} ${handle}`)).toEqual(
      expect.arrayContaining(['3 late', '8 same', '11 split', '13 shared', '15 ragged']),
    )
    expect((await own.importText(text, { onBadRow: 'skip' })).products).toEqual({
      created: 0,
      updated: 0,
      unchanged: 3,
      refused: 5,
    })
  })

  test('without a Handle counts to the product above when it has no title of its own', async () => {
    await using own = await openTestImport(await createTestDatabase())
    const rows = [
      rowOf('above'),
      rowOf('', { Title: '', 'Variant SKU': 'x' }),
      rowOf('next'),
      rowOf('', { Title: 'Another' }),
      rowOf('end'),
    ]
    const { refused } = await own.importText(csvOf(rows), { onBadRow: 'skip' })
    expect(refused.map(({ line }) => line)).toContain(3)
    expect(await own.slugs()).toEqual(['end', 'next'])
  })
})

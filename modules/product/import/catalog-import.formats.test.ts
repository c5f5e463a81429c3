import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase } from '#test'
import { getProduct } from '../catalog/catalog.store.ts'
import { inChinese, inDollars } from '../registration/catalog.fixture.ts'
import { csvOf, openTestImport, rowOf, type TestImport } from './import.fixture.ts'

let shop: TestImport
beforeAll(async () => {
  shop = await openTestImport(await createTestDatabase())
})
beforeEach(() => shop.query.execute(sql`truncate product.product, product.category, product.stock cascade`))
afterAll(() => shop[Symbol.asyncDispose]())

const french = csvOf([
  rowOf('the', { Title: 'Thé à la menthe – 25 €', 'Body (HTML)': 'Boîte décorée, à offrir dès Noël.' }),
])
const chinese = csvOf([rowOf('buds', { Title: '无线降噪耳机', 'Body (HTML)': '续航三十小时，佩戴舒适。' })])

/** Text in a legacy encoding, by the inverse of its decoder. */
function encode(text: string, label: 'windows-1252' | 'gb18030' | 'big5'): Buffer {
  const decoder = new TextDecoder(label)
  const bytesOf = new Map<string, number[]>()
  for (let lead = 0x80; lead <= 0xff; lead += 1) {
    bytesOf.set(decoder.decode(Uint8Array.of(lead)), [lead])
    if (label === 'windows-1252') continue
    for (let trail = 0x40; trail <= 0xff; trail += 1) {
      const decoded = decoder.decode(Uint8Array.of(lead, trail))
      if (decoded.length === 1) bytesOf.set(decoded, [lead, trail])
    }
  }
  return Buffer.from(
    [...text].flatMap((character) =>
      character.charCodeAt(0) < 0x80 ? [character.charCodeAt(0)] : (bytesOf.get(character) ?? [0x3f]),
    ),
  )
}

const encodings: [title: string, file: Buffer, encoding: string, slug: string, title: string][] = [
  ['UTF-8', Buffer.from(french), 'utf-8', 'the', 'Thé à la menthe – 25 €'],
  ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${french}`), 'utf-8', 'the', 'Thé à la menthe – 25 €'],
  ['UTF-16, little endian', Buffer.from(`\ufeff${chinese}`, 'utf16le'), 'utf-16le', 'buds', '无线降噪耳机'],
  ['UTF-16, big endian', Buffer.from(`\ufeff${chinese}`, 'utf16le').swap16(), 'utf-16be', 'buds', '无线降噪耳机'],
  ['UTF-16 without a byte order mark', Buffer.from(chinese, 'utf16le'), 'utf-16le', 'buds', '无线降噪耳机'],
  ['windows-1252', encode(french, 'windows-1252'), 'windows-1252', 'the', 'Thé à la menthe – 25 €'],
  ['GB18030', encode(chinese, 'gb18030'), 'gb18030', 'buds', '无线降噪耳机'],
]

describe('the encoding of a file', () => {
  test.each(encodings)('is recognised and reported: %s', async (_, file, encoding, slug, title) => {
    expect(await shop.importText(file)).toMatchObject({ encoding, rejections: [], products: { created: 1 } })
    expect((await getProduct(shop.query, { slug }, inChinese)).title).toBe(title)
  })

  test('is recognised by a single letter, far into the file', async () => {
    const rows = Array.from({ length: 3_000 }, (_, index) => rowOf(`plain-${index}`))
    const file = encode(csvOf([...rows, rowOf('cafe', { Title: 'Café' })]), 'windows-1252')
    expect(await shop.importText(file)).toMatchObject({ encoding: 'windows-1252', products: { created: 3_001 } })
    expect((await getProduct(shop.query, { slug: 'cafe' }, inDollars)).title).toBe('Café')
  })

  test.each([
    ['Polish', 'windows-1250', Buffer.from([0x9f, 0xf3, 0xb3, 0x74, 0x79, 0x20, 0x6b, 0xb9, 0x74])],
    ['Turkish', 'windows-1254', Buffer.from([0x79, 0xfd, 0x6c, 0x64, 0xfd, 0x7a])],
    ['traditional Chinese', 'big5', encode('無線降噪耳機', 'big5')],
  ])('in doubt is rejected, and can be named: %s', async (_, encoding, title) => {
    const file = Buffer.concat([Buffer.from('Handle,Title,Variant Price\na,'), title, Buffer.from(',1\n')])
    await expect(shop.importText(file)).rejects.toMatchObject({
      code: 'bad_input',
      message: expect.stringMatching(/is not UTF-8 text: line 2 .*--encoding/),
    })
    expect(await shop.importText(file, { encoding })).toMatchObject({ encoding, products: { created: 1 } })
    const { rows } = await shop.query.execute<{ title: string }>(
      sql`select coalesce(title ->> 'en', title ->> 'zh') as title from product.product`,
    )
    expect(rows[0]?.title).toBe(new TextDecoder(encoding).decode(title))
  })

  test('that is named wrongly is rejected with advice', async () => {
    await expect(shop.importText(chinese, { encoding: 'klingon' })).rejects.toMatchObject({ field: 'encoding' })
    await expect(shop.importText(Buffer.from([0x41, 0xff, 0x0a]), { encoding: 'gb18030' })).rejects.toMatchObject({
      message: expect.stringMatching(/is not gb18030 text.*--encoding/),
    })
  })
})

describe('the separator of a file', () => {
  const withSeparator = (separator: string) =>
    [
      ['Handle', 'Title', '"Body, (HTML)"', 'Variant SKU', 'Variant Price', 'Variant Inventory Qty'],
      ['a', '"A, B; C | D\tE"', '', 'A', '9.50', '3'],
    ]
      .map((cells) => cells.join(separator))
      .join('\n')

  test.each([
    ['comma', ','],
    ['semicolon', ';'],
    ['tab', '\t'],
    ['bar', '|'],
  ])('is recognised although cells are quoted: %s', async (_, separator) => {
    expect(await shop.importText(withSeparator(separator))).toMatchObject({ separator, products: { created: 1 } })
    expect((await getProduct(shop.query, { slug: 'a' }, inDollars)).title).toBe('A, B; C | D E')
  })

  test.each(['sep=;', '"sep=;"', 'SEP=;\r'])('can be named above the header: %s', async (line) => {
    const report = await shop.importText(`${line}\n${withSeparator(';')}\nb;B;;B;x;1`, { onBadRow: 'skip' })
    expect(report).toMatchObject({ separator: ';', products: { created: 1 } })
    expect(report.rejections.map((rejection) => rejection.line)).toEqual([4])
  })

  test('that is a semicolon allows a decimal comma', async () => {
    await shop.importText('Handle;Title;Variant Price\na;A;12,50\nb;B;1.299,00\nc;C;7\n', { onBadRow: 'skip' })
    expect((await getProduct(shop.query, { slug: 'a' }, inDollars)).variants[0]?.price.amount).toBe(1250)
    expect(await shop.slugs()).toEqual(['a', 'c'])
  })
})

describe('a row', () => {
  const header = 'Handle,Title,Variant Price,Variant SKU,Vendor,Tags\n'

  test('may lack its empty cells at the end, or have too many', async () => {
    const report = await shop.importText(`${header}a,A,1\nb,B,1,B,,,,,\nc,C,1,C,,,x\nd\n`, { onBadRow: 'skip' })
    expect(await shop.slugs()).toEqual(['a', 'b'])
    expect(report.rejections.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      '4 the row has 7 columns and the header 6',
      '5 it is missing',
      '5 is missing on the first row of the product',
    ])
  })
})

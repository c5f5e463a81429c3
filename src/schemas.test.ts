import { describe, expect, test } from 'vitest'
import { blankOrText, emailSchema, freeText, nameSchema, opaque, singleLine, timestampSchema } from './schemas.ts'

const line = singleLine(20)
const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, text: string): boolean =>
  schema.safeParse(text).success

describe('a line of text', () => {
  test('takes no control character, mark of direction, filler, noncharacter or half a surrogate pair', () => {
    const hidden = [
      ['\0', '\u0007', '\t', '\n', '\r\n', '\u001b', '\u007f', '\u0085', '\u009f', '\u2028', '\u2029'],
      ['\u061c', '\u200e', '\u200f', '\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2069'],
      ['\u00ad', '\u034f', '\u115f', '\u1160', '\u17b4', '\u2060', '\u2064', '\u206a', '\u3164', '\uffa0', '\u2800'],
      ['\u200b', '\ufeff', '\ufff9', '\uffff', '\ufdd0', '\u{e0001}', '\u{e0041}', '\ufe0f', '\ud83d', '\udc00'],
      ['\u200c', '\u200d', '\u180e'],
    ].flat()
    expect(hidden.filter((character) => accepts(line, `An${character}na`))).toEqual([])
  })

  test.each([
    ['Persian', 'می‌خواهم'],
    ['Sinhala', 'ශ්‍රී ලංකා'],
    ['Hindi', 'क्‍ष'],
    ['Bengali', 'র‍্যাব'],
    ['older Malayalam', 'അവന്‍'],
    ['Mongolian', 'ᠰᠠᠶᠢᠨ ᠠ᠋'],
    ['an emoji of a family', '👨‍👩‍👧‍👦'],
    ['an emoji of a profession', '🧑🏽‍⚕️'],
    ['a heart', '❤️'],
    ['a keycap', '1️⃣'],
    ['the flag of Scotland', '🏴󠁧󠁢󠁳󠁣󠁴󠁿'],
    ['a variant of an ideograph', '葛󠄀城'],
  ])('keeps the invisible characters that %s needs', (_, text) => {
    expect(line.parse(text)).toBe(text.normalize('NFC'))
  })

  test('is normalised and loses the blanks around it, of every kind', () => {
    expect(line.parse('\ufeff\u3000\u00a0 Zoe\u0308\u2003\n\u200b')).toBe('Zoë')
    expect(line.parse('上海　中山路')).toBe('上海　中山路')
    expect(accepts(line, ' \u3000\u200b ')).toBe(false)
  })

  test('is measured in characters as people count them', () => {
    expect(accepts(line, '👨‍👩‍👧‍👦'.repeat(20))).toBe(true)
    expect(accepts(line, '👨‍👩‍👧‍👦'.repeat(21))).toBe(false)
    expect(accepts(line, 'é'.normalize('NFD').repeat(20))).toBe(true)
    expect(accepts(line, `${'x'.repeat(20)}${' '.repeat(50)}`)).toBe(true)
    expect(line.safeParse('x'.repeat(21)).error?.issues).toMatchObject([{ code: 'too_big', maximum: 20 }])
  })

  test('of a run of combining marks is rejected before it is normalised', () => {
    // NFC needs 8 s for this text.
    const marks = `a${'\u0315\u0316'.repeat(80_000)}`
    expect(line.safeParse(marks).error?.issues).toMatchObject([{ code: 'too_big', maximum: 20 }])
    expect(accepts(freeText(100_000), marks)).toBe(false)
    expect(accepts(line, `a${'\u0315\u0316'.repeat(15)}`)).toBe(true)
    expect(accepts(line, `a${'\u0315\u0316'.repeat(16)}`)).toBe(false)
  })
})

test('free text has lines, and no other control characters', () => {
  expect(freeText(50).parse('  first\r\n\r\nthird\n')).toBe('first\n\nthird')
  expect(blankOrText(50).parse(' \n ')).toBe('')
  for (const character of ['\t', '\r', '\u2028', '\u202e', '\0'])
    expect(accepts(freeText(50), `a${character}b`)).toBe(false)
})

test('a key or token is taken as it is, or rejected', () => {
  expect(opaque(20).parse(' e\u0301 ')).toBe(' e\u0301 ')
  for (const text of ['', 'a\nb', 'a\u200db', 'x'.repeat(21)]) expect(accepts(opaque(20), text)).toBe(false)
})

describe('a name', () => {
  test.each(
    [
      ['Ada Lovelace', 'J.R.R. Tolkien', 'J.R.Smith', 'A.Ng', 'Dr.Müller', 'Dr.med. Max Weiß', 'Mr.Li', 'St.Pauli'],
      ["Conan O'Brien", 'Nguyễn Thị Minh Khai', 'María-José Carreño Quiñones', '阿卜杜拉·买买提', '陳大文', 'X Æ A-12'],
      ['Müller & Söhne GmbH', 'محمد بن سلمان', 'ပြည့်ဖြိုး', 'Sammy Davis, Jr.', 'Attn: Goods In', 'A/S Dansk'],
    ].flat(),
  )('may be %s', (name) => {
    expect(nameSchema.parse(name)).toBe(name)
  })

  test.each(
    [
      [
        'visit evil.example now',
        'Win at evil.com',
        'evil.com/win',
        'EVIL.COM',
        'http://evil',
        'hxxp://evil',
        'www.evil',
      ],
      [
        'see evil。com',
        'evil．com',
        'evil․com',
        '例子.中国',
        'ann@example.com',
        'ann@localhost',
        'a＠b',
        'bit.ly/3xyz',
      ],
      ['t.co/3xyz', 'call 93.184.216.34', 'mailto:ann@example.com', 'evil.co.uk', 'sub.evil.shop', 'x'.repeat(101)],
    ].flat(),
  )('is not %s', (name) => {
    expect(accepts(nameSchema, name)).toBe(false)
  })
})

test.each([
  ['2026-11-22T12:00:00Z', '2026-11-22T12:00:00Z'],
  ['2026-11-22T14:00:00+02:00', '2026-11-22T12:00:00Z'],
  ['2026-11-22T14:00:00+0200', '2026-11-22T12:00:00Z'],
  ['2026-11-22T14:00:00+02', '2026-11-22T12:00:00Z'],
  ['2026-11-22T02:30:00.123456-09:30', '2026-11-22T12:00:00.123456Z'],
  [' 2026-12-31T20:00:00-05:00 ', '2027-01-01T01:00:00Z'],
])('the time %s is %s', (time, utc) => {
  expect(timestampSchema.parse(time)).toBe(utc)
})

test.each(
  [
    ['2026-11-22', '2026-11-22T12:00:00', '2026-02-30T00:00:00Z', '0000-01-01T00:00:00Z', '0001-01-01T00:00:00+01:00'],
    ['9999-12-31T23:59:59-01:00', '2026-11-22T12:00:00+25:00', '2026-11-22 12:00:00 Europe/Berlin', '', 'now'],
  ].flat(),
)('the time %j is rejected, and the message shows times that are taken', (time) => {
  expect(timestampSchema.safeParse(time).error?.issues).toMatchObject([
    { message: expect.stringContaining('2026-11-22T14:00:00+02:00') as string },
  ])
})

test.each([
  [' ann@example.com ', 'ann@example.com'],
  ['Ann.Lee+shop@EXAMPLE.com', 'Ann.Lee+shop@example.com'],
  ['info@xn--fiqs8s.xn--fiqs8s', 'info@xn--fiqs8s.xn--fiqs8s'],
  ['info@例子.中国', 'info@xn--fsqu00a.xn--fiqs8s'],
  ['info@例子。中国', 'info@xn--fsqu00a.xn--fiqs8s'],
  ['info@FAß.de', 'info@xn--fa-hia.de'],
  ["o'brien@example.com", "o'brien@example.com"],
  ['.a..b.@example.com', '.a..b.@example.com'],
  ['ann@localhost', 'ann@localhost'],
  ['ann@127.1', 'ann@127.1'],
])('the e-mail address %j is taken as %s', (address, normalised) => {
  expect(emailSchema.parse(address)).toBe(normalised)
})

test.each(
  [
    ['', '@', 'ann', 'ann@', '@example.com', 'ann@@example.com', 'ann lee@example.com', '"ann lee"@example.com'],
    [
      'Ann <ann@example.com>',
      'ann@example.com, bob@example.com',
      'ann@example.com\nbcc: bob@example.com',
      'ann@a_b.example',
    ],
    [
      'ann@-example.com',
      'ann@example-.com',
      'ann@example.com.',
      'ann@例子.中国/evil',
      'ann@例子.中国:25',
      'ann@例%2e中国',
    ],
    [
      '用户@例子.中国',
      `ann@${'x'.repeat(64)}.com`,
      `ann@${'x.'.repeat(130)}com`,
      'ann@例子.中国\0',
      'ann@exa\u202emple.com',
    ],
  ].flat(),
)('%j is no e-mail address', (text) => {
  expect(accepts(emailSchema, text)).toBe(false)
})

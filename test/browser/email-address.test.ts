import fc from 'fast-check'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { emailSchema } from '#schemas'
import { chromiumPath } from '#test'

/** The shop's e-mail addresses against the browser's own: each is asked about the same forms. */

let browser: Browser
let verdicts: Verdict[]

beforeAll(async () => {
  const args =
    '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'
  browser = await chromium.launch({ executablePath: chromiumPath(), args: args.split(' ') })
  verdicts = await askBrowser(forms)
})

afterAll(() => browser?.close())

interface Verdict {
  form: string
  /** The value that the browser would send. */
  value: string
  isValid: boolean
}

/** Typed, not assigned: the browser converts the international domains of what is typed or pasted. */
const script = `(forms) => {
  const input = Object.assign(document.createElement('input'), { type: 'email', required: true })
  document.body.append(input)
  input.focus()
  return forms.map((form) => {
    input.select()
    document.execCommand('insertText', false, form)
    return { form, value: input.value, isValid: input.checkValidity() }
  })
}`

async function askBrowser(all: readonly string[]): Promise<Verdict[]> {
  const page = await browser.newPage()
  return page.evaluate<Verdict[]>(`(${script})(${JSON.stringify(all)})`)
}

const isAccepted = (text: string): boolean => emailSchema.safeParse(text).success

const characters = [
  ...Array.from({ length: 128 }, (_, code) => String.fromCodePoint(code)),
  'é',
  'ß',
  'İ',
  'ς',
  '例',
  '子',
  '中',
  'д',
  'ع',
  'ก',
  '😀',
  'ａ',
  '１',
  '．',
  '。',
  '＠',
  '\u00a0',
  '\u3000',
  '\u200d',
  '\u00ad',
  '\u202e',
]
const oneOf = (...texts: string[]) => fc.constantFrom(...texts)
const text = (unit: fc.Arbitrary<string>, maxLength: number) => fc.string({ unit, minLength: 0, maxLength })
const common = oneOf(...Array.from('abcXYZ019.-_+é中'))
const label = fc.oneof(
  text(oneOf(...Array.from('abcz09-é例ß')), 6),
  oneOf(
    'x'.repeat(63),
    'x'.repeat(64),
    'xn--fiqs8s',
    'xn--',
    'xn--a',
    'XN--FIQS8S',
    'example',
    '例子',
    'faß',
    '1',
    '0x7f',
    '256',
  ),
)
const domain = fc.oneof(
  fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.')),
  oneOf(
    'localhost',
    '例子.中国',
    '例子。中国',
    '127.0.0.1',
    '[127.0.0.1]',
    'example.com.',
    'a_b.com',
    'пример.рф',
    'مثال.إختبار',
  ),
  text(oneOf(...characters), 8),
)
const local = fc.oneof(
  text(common, 10),
  text(oneOf(...characters), 6),
  oneOf(
    'ann',
    'a.b',
    '.a',
    'a.',
    'a..b',
    '"a b"',
    "o'brien",
    '!#$%&*+/=?^_`{|}~-',
    '用户',
    'x'.repeat(64),
    'x'.repeat(65),
  ),
)
const blanks = text(oneOf(' ', '\t', '\n', '\r', '\f', '\u00a0', '\u3000', '\ufeff'), 2)
const form = fc
  .tuple(blanks, local, oneOf('@', '@', '@', '@', '@', '', '@@', ' @ ', '＠'), domain, blanks)
  .map((parts) => parts.join(''))

const forms = [
  ...fc.sample(form, { numRuns: 10_000, seed: 10 }),
  ...characters.flatMap((character) => [
    `${character}ann@example.com`,
    `an${character}n@example.com`,
    `ann@exa${character}mple.com`,
    `ann@例${character}子.中国`,
    `ann@example.com${character}`,
  ]),
]

test('an e-mail address that Chromium accepts is accepted by the shop, up to 254 characters', () => {
  const valid = verdicts.filter(({ isValid, value }) => isValid && value.length <= 254)
  expect(valid.length).toBeGreaterThan(1_000)
  expect(valid.filter(({ value }) => !isAccepted(value))).toEqual([])
  // A browser takes line breaks and joiners out of what is pasted; a client that does not is told.
  const unbroken = valid.filter(({ form: pasted }) => !/[\r\n\u200d]/.test(pasted.trim()))
  expect(unbroken.filter(({ form: pasted }) => !isAccepted(pasted))).toEqual([])
})

test('an address that Chromium rejects is rejected by the shop, except with blanks of other scripts around it', async () => {
  const invalid = verdicts.filter(({ isValid }) => !isValid)
  expect(invalid.length).toBeGreaterThan(1_000)
  const more = invalid.filter(({ value }) => isAccepted(value))
  const trimmed = await askBrowser(more.map(({ value }) => value.trim()))
  expect(trimmed.filter(({ isValid }) => !isValid)).toEqual([])
})

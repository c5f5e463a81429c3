import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  expectRejected,
  listProcedures,
  logProblems,
  procedureCall,
  send,
  startTarget,
  withValue,
  type Attack,
  type Procedure,
  type Target,
} from '#test'

/** Every text of every procedure's input, with each kind of text that must not come in: named, and told in the caller's language. */

let target: Target
let procedures: Procedure[]

beforeAll(async () => {
  target = await startTarget()
  procedures = await listProcedures(target.fleet, {
    email: `${target.marker}@example.com`,
    password: target.marker,
    currency: 'USD',
    country: 'GB',
  })
})

afterAll(() => target[Symbol.asyncDispose]())

const hidden: [what: string, character: string][] = [
  ['NUL', '\0'],
  ['a bell', '\u0007'],
  ['an escape', '\u001b'],
  ['a delete', '\u007f'],
  ['a C1 control', '\u0085'],
  ['a line separator', '\u2028'],
  ['a mark of direction', '\u200f'],
  ['an override of direction', '\u202e'],
  ['an isolate', '\u2066'],
  ['half a surrogate pair', '\ud83d'],
  ['a filler', '\u3164'],
  ['a blank of no width', '\u200b'],
  ['a tag', '\u{e0041}'],
  ['a noncharacter', '\uffff'],
]

/**
 * Texts that take any character but NUL and lone surrogates: passwords and idempotency keys are hashed as
 * they are, queries are cut into words of letters and digits.
 */
const isFree = (procedure: string, field: string): boolean =>
  /password$|^idempotencyKey$/i.test(field) || (field === 'q' && /^product\.(search|suggest)$/.test(procedure))
const isAlwaysRejected = (character: string): boolean => character === '\0' || !character.isWellFormed()

/** One attack of a Chinese caller for each text of each input, with this value in its place. An input with a locale asks for English. */
const everyText = (
  what: string,
  value: string,
  { isRejected = () => true }: { isRejected?: typeof isFree } = {},
): Attack[] =>
  procedures.flatMap(({ path: procedure, type, samples }) =>
    samples.flatMap(({ input, fields }) =>
      fields
        .filter(({ kind, path }) => kind === 'text' && isRejected(procedure, path.at(-1) ?? ''))
        .map(({ path }) => ({
          ...procedureCall(procedure, withValue(input, path, value), {
            token: target.staff.token,
            headers: { 'accept-language': 'zh' },
          }),
          name: `${procedure} with ${what} in ${path.join('.')}`,
          expected: {
            error: 'bad_input' as const,
            field: path.join('.'),
            isStream: type === 'subscription',
            locale: input['locale'] === 'en' ? ('en' as const) : ('zh' as const),
            absent: 'attacker',
          },
        })),
    ),
  )

describe('a text', () => {
  test.each(hidden)('with %s is rejected by name, in the language of the caller', (what, character) =>
    expectRejected(
      target,
      everyText(what, `attacker${character}attacker`, {
        isRejected: (procedure, field) => isAlwaysRejected(character) || !isFree(procedure, field),
      }),
    ),
  )

  test.each([
    ['10,000 letters', `attacker${'x'.repeat(10_000)}`],
    ['10,000 ideographs', `attacker${'中'.repeat(10_000)}`],
    ['10,000 emoji of a family', `attacker${'👨‍👩‍👧‍👦'.repeat(8_000)}`],
    ['80,000 combining marks', `attacker${'\u0315\u0316'.repeat(40_000)}`],
  ])('of %s is rejected by name, in the language of the caller', (what, value) =>
    expectRejected(target, everyText(what, value)),
  )

  test('of 1 MB is too large', () =>
    expectRejected(
      target,
      everyText('1 MB', 'x'.repeat(2 ** 20)).map(({ expected: _, ...attack }) => ({
        ...attack,
        expected: { error: 'too_large' as const, status: 413 },
      })),
    ))
})

test.each([
  ['zh', 'zh'],
  ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
  ['zh-Hant-HK', 'zh'],
  ['en;q=0.1, zh;q=0.9', 'zh'],
  ['de, zh;q=0.5', 'zh'],
  ['en-GB, zh;q=0.5', 'en'],
  ['de', 'en'],
  ['*', 'en'],
  ['', 'en'],
  [';;;,,,=', 'en'],
  ['zh;q=0', 'en'],
  ['zh\u00ff', 'en'],
  ['zh;q=x,'.repeat(1_000), 'en'],
] as const)('the header accept-language %j asks for messages in %s', (header, locale) =>
  expectRejected(target, [
    {
      ...procedureCall('user.login', {}, { headers: { 'accept-language': header.slice(0, 7_000) } }),
      expected: { error: 'bad_input', field: 'email', locale },
    },
  ]),
)

test('the language of the input comes before that of the header, on every way in', () =>
  expectRejected(
    target,
    [
      procedureCall('user.register', { locale: 'zh' }),
      procedureCall('order.cart.create', { locale: 'zh', currency: 'XXX' }),
      procedureCall('product.get', '', {
        method: 'GET',
        path: `/trpc/product.get?input=${encodeURIComponent(JSON.stringify({ locale: 'zh', slug: 'no-such' }))}`,
      }),
      procedureCall('product.get', '', {
        method: 'GET',
        path: `/trpc/product.get?batch=1&input=${encodeURIComponent(JSON.stringify({ 0: { locale: 'zh', slug: '' } }))}`,
      }),
    ].map((attack) => ({ ...attack, headers: { ...attack.headers, 'accept-language': 'en' } })),
    { locale: 'zh' },
  ))

test.each(['/no-such-page', '/trpc/no.such', '/trpc/user.me'])(
  'the error of %s is in the language of the header',
  async (path) => {
    for (const [language, script] of [
      ['zh', /\p{Script=Han}/u],
      ['en', /^[\x20-\x7e]*$/],
    ] as const) {
      const { text } = await send(target.url, {
        name: path,
        path,
        method: 'GET',
        headers: { 'accept-language': language, accept: 'application/json' },
      })
      expect((JSON.parse(text) as { error: { message: string } }).error.message).toMatch(script)
    }
  },
)

test('a password takes every character that can be typed', async () => {
  const password = '\t\u0007\u202e\u200b 密码😀 '
  const email = `typed-${target.marker}@example.com`
  await target.guest.user.register.mutate({ email, password })
  expect(await target.guest.user.login.mutate({ email, password })).toMatchObject({ user: { email } })
})

test('the log holds no error and no input', () => {
  expect(logProblems(target.server, [target.marker, 'attacker'])).toEqual([])
})

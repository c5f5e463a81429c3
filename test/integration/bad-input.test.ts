import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  procedureCall,
  expectRejected,
  listProcedures,
  logProblems,
  send,
  startTarget,
  withValue,
  type Attack,
  type Field,
  type Procedure,
  type Sample,
  type Target,
} from '#test'

/** Every procedure, with each field of its input invalid in turn: the field is named, and nothing changes. */

let target: Target
let procedures: Procedure[]

beforeAll(async () => {
  target = await startTarget()
  const { marker } = target
  const text = ['name', 'line1', 'city', 'password', 'idempotencyKey', 'token', 'accessToken', 'reason', 'q', 'code']
  procedures = await listProcedures(target.fleet, {
    ...Object.fromEntries(text.map((name) => [name, marker])),
    email: `${marker}@example.com`,
    currency: 'USD',
    country: 'GB',
  })
})

afterAll(() => target[Symbol.asyncDispose]())

/** A call as staff, so that no access check comes before the validation of the input. */
const attack = (
  procedure: Procedure,
  what: string,
  { body, ...expected }: { body: unknown } & Attack['expected'],
): Attack => ({
  ...procedureCall(procedure.path, body, { token: target.staff.token }),
  name: `${procedure.path} with ${what}`,
  expected: { ...expected, isStream: procedure.type === 'subscription' },
})

const everySample = (make: (procedure: Procedure, sample: Sample) => Attack[]): Attack[] =>
  procedures.flatMap((procedure) => procedure.samples.flatMap((sample) => make(procedure, sample)))

test('the tests cover procedures of every module', () => {
  const paths = procedures.map(({ path }) => path)
  expect(paths).toEqual(
    expect.arrayContaining([
      'product.search',
      'user.register',
      'order.cart.setLine',
      'order.place',
      'order.watch',
      'order.admin.list',
    ]),
  )
})

describe('the input as a whole', () => {
  test.each([
    ['null', 'null'],
    ['a list', '[]'],
    ['a list of objects', '[{}]'],
    ['a number', '42'],
    ['a text', '"text"'],
    ['true', 'true'],
  ])('%s is rejected by every procedure', (what, body) =>
    expectRejected(
      target,
      procedures.map((procedure) => attack(procedure, what, { body, error: 'bad_input' })),
    ),
  )

  test('no input or an empty object is rejected wherever a field is required', async () => {
    const empty = [
      { what: 'no input', body: '', input: undefined },
      { what: 'an empty object', body: '{}', input: {} },
    ]
    await expectRejected(
      target,
      procedures.flatMap((procedure) =>
        empty
          .filter(({ input }) => !procedure.accepts(input))
          .map(({ what, body }) => attack(procedure, what, { body, error: 'bad_input' })),
      ),
    )
  })

  test('a missing field is named', () =>
    expectRejected(
      target,
      everySample((procedure, { input, fields }) =>
        fields
          .filter(({ isRequired }) => isRequired)
          // In a union, a missing discriminator leaves open which alternative is meant.
          .filter(() => procedure.samples.length === 1)
          .map(({ path }) =>
            attack(procedure, `no ${path.join('.')}`, {
              body: withValue(input, path, undefined),
              field: path.join('.'),
              error: 'bad_input',
            }),
          ),
      ),
    ))

  test.each(['surprise', '__proto__', 'constructor', 'prototype', 'toString'])(
    'an unknown field named %s is rejected by name, and reaches no prototype',
    (name) =>
      expectRejected(
        target,
        everySample((procedure, { input }) => {
          const fields = JSON.stringify(input).slice(1, -1)
          const body = `{${[fields, `"${name}":{"role":"staff","isAdmin":true}`].filter(Boolean).join(',')}}`
          return [attack(procedure, name, { body, field: name, error: 'bad_input' })]
        }),
      ),
  )

  test('100,000 nested lists, 40,000 nested objects, and 20 levels within a field are rejected', () => {
    const nested = (open: string, close: string, levels: number): string =>
      `${open.repeat(levels)}1${close.repeat(levels)}`
    return expectRejected(
      target,
      everySample((procedure, { input, fields: [field] }) => [
        attack(procedure, 'deep lists', { body: nested('[', ']', 100_000), error: 'bad_input' }),
        attack(procedure, 'deep objects', { body: nested('{"a":', '}', 40_000), error: 'bad_input' }),
        ...(field === undefined
          ? []
          : [
              attack(procedure, 'a deep field', {
                body: JSON.stringify(withValue(input, field.path, 'deep')).replace('"deep"', nested('[', ']', 20)),
                error: 'bad_input',
              }),
            ]),
      ]),
    )
  })

  test('300 KB are too large for every procedure, announced or not', () =>
    expectRejected(
      target,
      everySample((procedure, { input }) => {
        const body = JSON.stringify({ ...input, padding: 'x'.repeat(300 * 1024) })
        // A body that is too large is rejected before a stream is opened.
        const tooLarge = {
          ...attack(procedure, '300 KB', { body }),
          expected: { error: 'too_large', status: 413 },
        } satisfies Attack
        return [
          tooLarge,
          {
            ...tooLarge,
            name: `${tooLarge.name}, chunked`,
            headers: { ...tooLarge.headers, 'transfer-encoding': 'chunked' },
          },
        ]
      }),
    ))
})

describe('one field', () => {
  /** Stands for 1e999: JSON has no Infinity, but this number is parsed as Infinity. */
  const infinite = 'a number too large for any computer'
  const invalid: Record<Field['kind'], [what: string, value: unknown][]> = {
    text: [
      ['a NUL character', 'a\0b'],
      ['half a surrogate pair', 'a\ud83d'],
      ['a number', 42],
      ['an object', {}],
      ['a list', []],
      ['20,000 characters', 'x'.repeat(20_000)],
    ],
    choice: [
      ['an unknown value', 'no-such-choice'],
      ['a prototype key', '__proto__'],
      ['a number', 42],
      ['null', null],
    ],
    integer: [
      ['-1e21', -1e21],
      ['1e21', 1e21],
      ['1e999', infinite],
      ['0.5', 0.5],
      ["'3'", '3'],
      ['true', true],
      ['null', null],
      ['an object', {}],
    ],
    flag: [
      ["'true'", 'true'],
      ['1', 1],
      ['null', null],
    ],
    list: [
      ['a text', 'text'],
      ['an object', { length: 1 }],
      ['20,000 entries', Array.from({ length: 20_000 }, () => 'x')],
    ],
    group: [
      ['a text', 'text'],
      ['a list', []],
      ['a number', 42],
    ],
  }

  test.each(Object.keys(invalid) as Field['kind'][])(
    'an invalid %s is rejected by name in every procedure that takes one',
    (kind) =>
      expectRejected(
        target,
        everySample((procedure, { input, fields }) =>
          fields
            .filter((field) => field.kind === kind)
            .flatMap(({ path }) =>
              invalid[kind]
                .map(([what, value]) => {
                  const body = JSON.stringify(withValue(input, path, value)).replace(JSON.stringify(infinite), '1e999')
                  return attack(procedure, `${what} as ${path.join('.')}`, { body, error: 'bad_input' })
                })
                .map((each, index) => named(each, path.join('.'), invalid[kind][index]?.[1])),
            ),
        ),
      ),
  )

  /** A list that is too long is exempt: either the list is named or its first invalid entry. */
  const named = (each: Attack, field: string, value: unknown): Attack =>
    Array.isArray(value) && value.length > 0 ? each : { ...each, expected: { ...each.expected, field } }
})

describe('a query', () => {
  const texts = [
    "' or 1=1 --",
    '"; drop table product.product; --',
    '<script>alert(1)</script>',
    '%',
    '_',
    '\\',
    "\\'",
    '$1',
    'a & b | !c:*',
    '((((',
    ':*',
    "'':A",
    '../../etc/passwd',
    '${7*7}',
    '\u202e',
    '\ufffd',
    '1.'.repeat(100),
    'a-'.repeat(100),
    '𝒳'.repeat(100),
    '中'.repeat(200),
    '😀'.repeat(50),
    'ʼ½İß٣',
    'constructor',
    '__proto__',
    'qwxz '.repeat(40),
  ]

  test.each(texts)('for %j is served like any other', async (q) => {
    for (const procedure of ['product.search', 'product.suggest']) {
      const response = await send(
        target.url,
        procedureCall(procedure, { q: q.slice(0, procedure === 'product.search' ? 200 : 100) }),
      )
      expect(response).toMatchObject({
        status: 200,
        headers: { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' },
      })
    }
  })

  test('for a text that Unicode normalisation makes too long is rejected', () =>
    expectRejected(
      target,
      ['㌖', 'ﷺ'].flatMap((character) => [
        {
          ...procedureCall('product.search', { q: character.repeat(200) }),
          expected: { error: 'bad_input', field: 'q' },
        },
        {
          ...procedureCall('product.suggest', { q: character.repeat(100) }),
          expected: { error: 'bad_input', field: 'q' },
        },
      ]),
    ))

  const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const id = '01990000-0000-7000-8000-000000000000'
  const cursors: [procedure: string, input: Record<string, unknown>][] = [
    ...['x', '%%%', 'bnVsbA', 'e30', base64(['search', -1]), base64(['search', 1e9]), base64(['search', 1.5])].map(
      (cursor): [string, Record<string, unknown>] => ['product.search', { q: 'a', cursor }],
    ),
    ...[
      'x',
      base64(['newest USD en', 'no id', []]),
      base64(['title USD en', id, ['a\0b']]),
      base64(['title USD en', id, ['a\ud83d']]),
      base64(['title USD en', id, [{}]]),
    ].map((cursor): [string, Record<string, unknown>] => ['product.list', { sort: 'title', cursor }]),
    ...[
      'x',
      base64({ placedAt: '0000-01-01T00:00:00Z', id }),
      base64({ placedAt: '2026-02-30T00:00:00Z', id }),
      base64({ placedAt: "2026-01-01T00:00:00Z'", id }),
      base64({ placedAt: '2026-01-01T00:00:00Z', id: 'x' }),
    ].flatMap((cursor): [string, Record<string, unknown>][] => [
      ['order.list', { cursor }],
      ['order.admin.list', { cursor }],
    ]),
    ['user.admin.list', { cursor: 'x' }],
  ]
  test('with a cursor that the shop has not issued is rejected by name', () =>
    expectRejected(
      target,
      cursors.map(([procedure, input]) => ({
        ...procedureCall(procedure, input, { token: target.staff.token }),
        name: `${procedure} ${JSON.stringify(input)}`,
        expected: { error: 'bad_input', status: 400, field: 'cursor' },
      })),
    ))
})

test('the shop still responds, and its log holds no error and no input', async () => {
  expect(await target.guest.product.list.query({ limit: 1 })).toMatchObject({ items: [{}] })
  expect(logProblems(target.server, [target.marker, 'surprise', 'no-such-choice', 'drop table'])).toEqual([])
})

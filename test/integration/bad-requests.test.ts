import { once } from 'node:events'
import { connect } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  procedureCall,
  tableDigests,
  expectRejected,
  logProblems,
  send,
  startTarget,
  type Attack,
  type Target,
} from '#test'

/** HTTP that no client of the shop would write is rejected in the format of every other error and changes nothing. */

let target: Target
let before: Record<string, string>

beforeAll(async () => {
  target = await startTarget()
  before = await tableDigests(target.fleet)
})

afterAll(() => target[Symbol.asyncDispose]())

const json = { 'content-type': 'application/json' }
describe('the URL', () => {
  const names =
    'product.nope product product.admin order.cart __proto__ constructor toString product.__proto__ product.list.constructor %00 ..%2f..%2fetc%2fpasswd product%2flist product.list,user.me'

  test.each(['', ...names.split(' ')])('a procedure that does not exist is not found: /trpc/%s', (name) =>
    expectRejected(
      target,
      ['GET', 'POST'].map((method) => ({
        name: method,
        path: `/trpc/${name}`,
        method,
        ...(method === 'POST' ? { headers: json, body: '{}' } : {}),
      })),
      { error: 'not_found', status: 404 },
    ),
  )

  test('a name that is encoded twice names nothing', () =>
    expectRejected(
      target,
      [
        '/trpc/product%252Elist',
        '/trpc/product%252Elist?batch=1',
        '/trpc/product%252Elist,product%252Elist?batch=1',
      ].map((path) => ({ name: path, path, method: 'GET' })),
      { error: 'not_found', status: 404 },
    ))

  test('broken percent encoding is rejected, in the path and in the query', () =>
    expectRejected(
      target,
      [
        '/trpc/%zz',
        '/trpc/%F0%9F',
        '/%',
        '/trpc/product.list?input=%zz',
        '/trpc/product.search?input=%7B%22q%22:%22%ff%22%7D',
      ].map((path) => ({ name: path, path, method: 'GET' })),
      { error: 'bad_input', status: 400 },
    ))

  test('an endless URL is too large', () =>
    expectRejected(
      target,
      [1_200, 5_000, 20_000].map((length) => ({
        name: `${length} characters`,
        path: `/trpc/${'x'.repeat(length)}`,
        headers: json,
        body: '{}',
      })),
      {
        error: 'too_large',
        status: 413,
      },
    ))

  test('no URL leads to a file outside of the pages', () =>
    expectRejected(
      target,
      [
        '/../../package.json',
        '/%2e%2e/%2e%2e/package.json',
        '/..%2f..%2fpackage.json',
        '/assets/../../package.json',
        '/assets/%00',
        '/.env',
        '//',
        '/trpc',
        '/webhooks/payment',
      ].map((path) => ({ name: path, path, method: 'GET' })),
    ))
})

describe('the method', () => {
  test('a mutation by GET is rejected', () =>
    expectRejected(target, [{ name: 'GET', path: '/trpc/user.logout', method: 'GET' }], {
      error: 'method_not_allowed',
      status: 405,
    }))

  test.each(['PUT', 'PATCH', 'DELETE', 'TRACE'])('%s is rejected', (method) =>
    expectRejected(target, [{ name: method, path: '/trpc/product.list', method }], {
      error: 'method_not_allowed',
      status: 405,
    }),
  )

  test('a query may be sent by POST, and HEAD gets an empty response', async () => {
    expect((await send(target.url, procedureCall('product.list', { limit: 1 }))).status).toBe(200)
    expect(await send(target.url, { name: 'HEAD', path: '/trpc/product.list', method: 'HEAD' })).toMatchObject({
      status: 204,
      text: '',
    })
  })
})

describe('the body', () => {
  const broken = [
    '{',
    '[1',
    'NaN',
    'Infinity',
    'undefined',
    '{"limit":NaN}',
    '{"limit":1,}',
    "{'limit':1}",
    '\0',
    '{"limit":1}}',
    '<xml/>',
  ]
  test.each(broken)('a body that is not JSON is rejected: %j', (body) =>
    expectRejected(target, [procedureCall('product.list', body), procedureCall('user.register', body)], {
      error: 'bad_input',
      status: 400,
    }),
  )

  test('a body that is not UTF-8 is rejected rather than stored with replacement characters', () =>
    expectRejected(
      target,
      [
        Buffer.from([0x7b, 0x22, 0x71, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
        Buffer.from('{"q":"caf\u00e9"}', 'latin1'),
        Buffer.from('{"q":"a"}', 'utf16le'),
        Buffer.from([0x1f, 0x8b, 0x08, 0]),
      ].map((body) => procedureCall('product.search', body)),
      { error: 'bad_input', status: 400 },
    ))

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'application/xml',
    'application/json, text/plain',
    'json',
    undefined,
  ])('content of type %s is rejected, small or large', (type) => {
    const headers = type === undefined ? {} : { 'content-type': type }
    const form = '--x\r\ncontent-disposition: form-data; name="email"\r\n\r\na@example.com\r\n--x--\r\n'
    return expectRejected(
      target,
      ['{}', form, `${form}${'x'.repeat(300 * 1024)}`].map((body) => ({
        name: `${body.length} bytes`,
        path: '/trpc/user.register',
        headers,
        body,
      })),
      { error: 'unsupported_media_type', status: 415 },
    )
  })
})

describe('a batch', () => {
  const batch = (paths: string[], body = '{}'): Attack => ({
    name: `${paths.length} calls`,
    path: `/trpc/${paths.join(',')}?batch=1`,
    headers: json,
    body,
  })

  test('of 11 calls is rejected as a whole, and one of 1000 as too large', async () => {
    await expectRejected(target, [batch(Array<string>(11).fill('user.me')), batch(Array<string>(100).fill('a'))], {
      error: 'bad_input',
      status: 400,
    })
    await expectRejected(target, [batch(Array<string>(1000).fill('order.cart.create'))], {
      error: 'too_large',
      status: 413,
    })
  })

  test('that contains order.place is rejected, alone or with other calls', () =>
    expectRejected(
      target,
      [batch(['order.place']), batch(['user.logout', 'order.place']), batch(['order.cart.create', 'order.place'])],
      { error: 'bad_input', status: 400 },
    ))

  test('that wants a stream of results is rejected: a batch is answered as one list', () => {
    const streams = [{ 'trpc-accept': 'application/jsonl' }, { accept: 'application/json, application/jsonl' }]
    return expectRejected(
      target,
      streams.map((headers) => ({ ...batch(['user.logout', 'user.logout']), headers: { ...json, ...headers } })),
      { error: 'bad_input', status: 400 },
    )
  })

  test('whose mark is repeated or encoded is a batch all the same', () =>
    expectRejected(
      target,
      ['?batch=1&batch=0', '?%62atch=1', '?batch=%31', '?x=1&batch=1&connectionParams={}'].map((query) => ({
        ...batch(['order.place', 'user.me']),
        name: query,
        path: `/trpc/order.place,user.me${query}`,
      })),
      { error: 'bad_input', status: 400 },
    ))

  test.each(['[1]', '4', '"text"', '{', '{"0":[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]}'])(
    'with the input %s is rejected',
    (body) => expectRejected(target, [batch(['product.list'], body)], { error: 'bad_input', status: 400 }),
  )

  test('that mixes queries with mutations, or contains a subscription, is rejected', () =>
    expectRejected(target, [batch(['user.logout', 'product.list']), batch(['order.watch'])], {
      error: 'bad_input',
      status: 400,
    }))
})

describe('headers', () => {
  const me = (headers: Record<string, string | string[]>): Attack =>
    procedureCall('user.me', '{}', { name: JSON.stringify(headers).slice(0, 60), headers })
  const unknownToken = '_'.repeat(43)

  test('malformed credentials count as no credentials', () =>
    expectRejected(
      target,
      [
        ...[
          'Bearer',
          'Bearer ',
          'Bearer x',
          `Bearer ${unknownToken}`,
          `Bearer ${'x'.repeat(8_000)}`,
          'Bearer a b',
          'Basic YTpi',
          '\u00ff\u00fe',
          ', ,',
        ].map((authorization) => me({ authorization })),
        ...[
          'hf_session=',
          'hf_session=%zz',
          'hf_session=%00',
          `hf_session=${unknownToken}`,
          `hf_session=${'x'.repeat(8_000)}`,
          '=',
          ';;;',
          '__proto__=x',
          'hf_session="',
        ].map((cookie) => me({ cookie })),
        me({
          authorization: ['Bearer x', 'Bearer y'],
          cookie: ['hf_session=a', 'hf_session=b'],
          'x-order-token': ['a', 'b'],
          'x-forwarded-for': ['1', "'"],
        }),
      ],
      { error: 'unauthenticated', status: 401 },
    ))

  test('headers of more than 16 KB are too large, and an invalid host is rejected', async () => {
    await expectRejected(target, [me({ 'x-padding': 'x'.repeat(20_000) })], { error: 'too_large', status: 413 })
    await expectRejected(target, [me({ host: ']' }), me({ host: 'a b' })], {
      error: 'bad_input',
      status: 400,
      field: 'host',
    })
  })

  test("a page of another site cannot use the shop's cookies, however it writes the URL", () => {
    const cookie = `hf_session=${target.customer.token}`
    const origins = [
      'https://evil.example',
      'null',
      'http://localhost.evil.example',
      `${target.url}.evil.example`,
      'not an origin',
    ]
    return expectRejected(
      target,
      origins.flatMap((origin) =>
        ['/trpc/user.logout', '/%74rpc/user.logout', '/trpc/user%2Elogout', '/trpc/user.logout?batch=1'].map(
          (path) => ({
            ...procedureCall('user.logout', '{}', { headers: { origin, cookie } }),
            name: `${path} from ${origin}`,
            path,
          }),
        ),
      ),
      { error: 'forbidden', status: 403 },
    )
  })

  test('CORS allows another site neither to read nor to send', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
    const responses = [
      await send(target.url, { name: 'preflight', path: '/trpc/user.logout', method: 'OPTIONS', headers }),
      await send(target.url, { name: 'read', path: '/trpc/product.list', method: 'GET', headers }),
    ]
    expect(responses.map((response) => response.headers['access-control-allow-origin'])).toEqual([undefined, undefined])
  })

  test.each([
    'GARBAGE\r\n\r\n',
    'GET / HTTP/9.9\r\nhost: a\r\n\r\n',
    'GET /\0 HTTP/1.1\r\nhost: a\r\n\r\n',
    'POST /trpc/user.logout HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n',
    'POST /trpc/user.logout HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ])('bytes that are not HTTP are rejected and the connection is closed: %j', async (bytes) => {
    const { hostname, port } = new URL(target.url)
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    socket.write(bytes)
    await once(socket, 'close', { signal: AbortSignal.timeout(2_000) })
    expect(text).toMatch(/^HTTP\/1.1 400 /)
    expect(text).toMatch(/^x-request-id: [0-9a-f-]{36}\r$/m)
    expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toMatchObject({
      error: { data: { error: 'bad_input', httpStatus: 400 } },
    })
  })
})

describe('while Postgres is blocked', () => {
  test('a mutation is reported as unknown, a query as unavailable; no log repeats their input', async () => {
    const { fleet, marker } = target
    await using server = await fleet.start(['serve'], { REQUEST_TIMEOUT_MS: '300' })
    const holder = new pg.Client({ connectionString: fleet.databaseUrl })
    await holder.connect()
    await holder.query('begin; lock table "user".account, product.search_document in access exclusive mode')
    const registration = { email: `late-${marker}@example.com`, password: `sesame for ${marker}`, name: marker }
    const [unknown, unavailable] = await Promise.all([
      send(server.url(), procedureCall('user.register', registration)),
      send(server.url(), {
        name: 'search',
        path: `/trpc/product.search?input=${encodeURIComponent(JSON.stringify({ q: marker }))}`,
        method: 'GET',
      }),
    ])
    expect(JSON.parse(unknown.text)).toMatchObject({
      error: { data: { httpStatus: 504, error: 'outcome_unknown', isRetryable: true } },
    })
    expect(JSON.parse(unavailable.text)).toMatchObject({
      error: { data: { httpStatus: 503, error: 'unavailable', isRetryable: true } },
    })
    expect([unknown.status, unavailable.status]).toEqual([504, 503])
    expect(unavailable.headers['retry-after']).toMatch(/^[2-4]$/)
    await holder.end()
    await server.stop()
    expect(server.output()).toContain('a call failed')
    expect(server.output()).not.toContain(marker)
    // The registration may have succeeded or failed: later comparisons start from here.
    before = await tableDigests(fleet)
  })
})

test('the shop still responds, its data is unchanged, and its log holds no error and no input', async () => {
  expect(await tableDigests(target.fleet)).toEqual(before)
  expect(await target.guest.product.list.query({ limit: 1 })).toMatchObject({ items: [{}] })
  expect(await target.customer.client.user.me.query()).toMatchObject({ name: target.marker })
  expect(logProblems(target.server, [target.marker, target.customer.token, 'evil.example', '/trpc/'])).toEqual([])
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFleet, type Fleet } from '#test'

/** Direct execution of single calls and tRPC's own adapter respond with the same bytes. */

let fleet: Fleet
let url: string
beforeAll(async () => {
  fleet = await startFleet()
  url = (await fleet.start(['serve'])).url()
})
afterAll(() => fleet[Symbol.asyncDispose]())

interface Sent {
  method?: 'GET' | 'POST'
  path: string
  input?: string
  headers?: Record<string, string>
}

/** The header `trpc-accept` makes the server use the adapter. */
async function respond({ method = 'GET', path, input, headers = {} }: Sent, byAdapter: boolean) {
  const query = method === 'GET' && input !== undefined ? `?input=${encodeURIComponent(input)}` : ''
  const response = await fetch(`${url}/trpc/${path}${query}`, {
    method,
    headers: {
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      ...(byAdapter ? { 'trpc-accept': 'application/json' } : {}),
      ...headers,
    },
    ...(method === 'POST' && input !== undefined ? { body: input } : {}),
  })
  // Ids differ from call to call.
  const text = (await response.text())
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')
    .replaceAll(/"requestId":(null|"<id>")/g, '"requestId":"<id>"')
  const { status, headers: received } = response
  return { status, text, type: received.get('content-type'), vary: received.get('vary') }
}

const calls: [string, Sent][] = [
  ['a query', { path: 'product.list', input: '{"limit":3}' }],
  ['a query without input', { path: 'product.categories' }],
  ['a query by POST', { method: 'POST', path: 'product.list', input: '{"limit":3}' }],
  ['Chinese text', { path: 'product.search', input: '{"q":"无线耳机","locale":"zh"}' }],
  ['a mutation', { method: 'POST', path: 'order.cart.create', input: '{"currency":"EUR"}' }],
  ['a mutation without input', { method: 'POST', path: 'order.cart.create' }],
  ['input that is not valid', { path: 'product.list', input: '{"limit":3000,"nonsense":true}' }],
  ['input that is missing', { path: 'product.get' }],
  ['input that is not JSON', { path: 'product.list', input: '{"limit":' }],
  ['a body that is not JSON', { method: 'POST', path: 'order.cart.create', input: '{"currency":' }],
  ['a rejection', { path: 'product.get', input: '{"slug":"no-such-thing"}' }],
  ['a call that needs a session', { path: 'user.me' }],
  ['a session that is not valid', { path: 'user.me', headers: { authorization: 'Bearer void' } }],
  ['a procedure that does not exist', { path: 'product.nothing' }],
  ['the name of an inherited property', { path: 'constructor' }],
  ['a mutation by GET', { path: 'order.cart.create', input: '{}' }],
]

test.each(calls)('%s gets the same response from both', async (_, call) => {
  const [direct, adapted] = [await respond(call, false), await respond(call, true)]
  expect(direct).toEqual(adapted)
  expect(direct.type).toBe('application/json')
})

test('a batch gets a list of results', async () => {
  const input = encodeURIComponent(JSON.stringify({ 0: { limit: 1 }, 1: { q: 'kettle' } }))
  const response = await fetch(`${url}/trpc/product.list,product.search?batch=1&input=${input}`)
  expect(await response.json()).toMatchObject([
    { result: { data: { items: [{}] } } },
    { result: { data: { total: expect.any(Number) } } },
  ])
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFleet, type Fleet } from '#test'

/** The short path of single calls and tRPC's own adapter answer alike. */

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

/** `trpc-accept` is what sends a call to the adapter. */
async function answerTo({ method = 'GET', path, input, headers = {} }: Sent, byAdapter: boolean) {
  const query = method === 'GET' && input !== undefined ? `?input=${encodeURIComponent(input)}` : ''
  const answer = await fetch(`${url}/trpc/${path}${query}`, {
    method,
    headers: {
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      ...(byAdapter ? { 'trpc-accept': 'application/json' } : {}),
      ...headers,
    },
    ...(method === 'POST' && input !== undefined ? { body: input } : {}),
  })
  // Ids and times differ from call to call, and so does what depends on them.
  const text = (await answer.text())
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')
    .replaceAll(/"requestId":(null|"<id>")/g, '"requestId":"<id>"')
  return { status: answer.status, text, type: answer.headers.get('content-type'), vary: answer.headers.get('vary') }
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
  ['a refusal', { path: 'product.get', input: '{"slug":"no-such-thing"}' }],
  ['a call that needs a session', { path: 'user.me' }],
  ['a session that is void', { path: 'user.me', headers: { authorization: 'Bearer void' } }],
  ['a procedure that does not exist', { path: 'product.nothing' }],
  ['the name of an inherited property', { path: 'constructor' }],
  ['a mutation by GET', { path: 'order.cart.create', input: '{}' }],
]

test.each(calls)('%s is answered alike', async (_, call) => {
  const [direct, adapted] = [await answerTo(call, false), await answerTo(call, true)]
  expect(direct).toEqual(adapted)
  expect(direct.type).toBe('application/json')
})

test('a batch is answered', async () => {
  const input = encodeURIComponent(JSON.stringify({ 0: { limit: 1 }, 1: { q: 'kettle' } }))
  const answer = await fetch(`${url}/trpc/product.list,product.search?batch=1&input=${input}`)
  expect(await answer.json()).toMatchObject([
    { result: { data: { items: [{}] } } },
    { result: { data: { total: expect.any(Number) } } },
  ])
})

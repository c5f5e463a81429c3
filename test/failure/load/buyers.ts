import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { homeAddress } from '../../support/buyer.ts'
import type { Chance } from '../chance.ts'
import type { HistoryWriter, Invoked } from './history.ts'
import type { Answer, Call } from './http.ts'
import type { Operation } from './plan.ts'

/** Buyers who do as the API's documentation says, each in the manner of its operation. */

export interface BuyersOptions {
  call(call: Call): Promise<Answer>
  history: HistoryWriter
  /** The customer whose keys are used for two carts. */
  token: string
  /** Until when buyers insist, ms since the epoch. */
  untilMs: number
  /** Longest wait for one answer, ms. */
  timeoutMs: number
  chance: Chance
}

export interface Placed {
  orderId: string
  accessToken: string
}

/** What one attempt came to. `again`: the same request may be sent once more. */
type Outcome = { type: 'ok'; data: unknown } | { type: 'refused' | 'fail' | 'info'; code: string; again: boolean }

type Request = Omit<Invoked, 'type' | 'id' | 'atMs'> & Pick<Call, 'server' | 'procedure' | 'input' | 'token'>

const goodCard = 'pm_card_visa'
const badCard = 'pm_card_visa_chargeDeclined'

export function createBuyers({ call, history, token, untilMs, timeoutMs, chance }: BuyersOptions) {
  const acknowledged = new Set<string>()

  const backoffMs = (n: number): number => Math.min(2_000, 40 * 2 ** n) * (0.5 + chance.float() / 2)

  /** One request, written down before it is sent and when it is answered. */
  async function attempt(request: Request, waitMs = timeoutMs): Promise<Outcome> {
    const { server, procedure, input, token: session, ...invoked } = request
    const id = history.nextId()
    await history.note({ type: 'invoke', id, atMs: Date.now(), ...invoked })
    const answer = await call({ server, procedure, input, token: session, timeoutMs: waitMs })
    const outcome = judge(answer)
    const atMs = Date.now()
    if (outcome.type !== 'ok') {
      await history.note({ type: outcome.type, id, atMs, code: outcome.code })
      return outcome
    }
    const order = orderOf(outcome.data)
    const reply = createHash('sha256').update(JSON.stringify(outcome.data)).digest('base64url').slice(0, 16)
    await history.note({ type: 'ok', id, atMs, orderId: order.id, totalMinor: order.totals.total.amount, reply })
    return outcome
  }

  /** The same request with the same key, to one server after the other, until the answer is definite. */
  async function insist(request: Request): Promise<Outcome> {
    for (let n = 0; ; n += 1) {
      const outcome = await attempt({ ...request, server: request.server + n })
      if (outcome.type === 'ok' || !outcome.again || Date.now() > untilMs) return outcome
      await delay(backoffMs(n))
    }
  }

  /** Carts have no key: one that was lost is left behind. */
  async function makeCart({ lines, server }: Operation, session?: string): Promise<string | undefined> {
    for (let n = 0; Date.now() < untilMs; n += 1) {
      const answer = await call({
        server: server + n,
        procedure: 'order.cart.create',
        input: { currency: 'USD', lines },
        token: session,
        timeoutMs,
      })
      if (answer.kind === 'answer' && answer.status === 200)
        return (answer.body.result as { data: { id: string } }).data.id
      await delay(backoffMs(n))
    }
    return undefined
  }

  function placing(
    { op, server }: Operation,
    of: { cart: string; key: string; card?: string; session?: string },
  ): Request {
    const { cart, key, card = goodCard, session } = of
    return {
      op,
      call: 'place',
      key,
      cart,
      order: null,
      scope: session === undefined ? `cart:${cart}` : 'customer',
      server,
      procedure: 'order.place',
      token: session,
      input: {
        cartId: cart,
        idempotencyKey: key,
        email: `buyer-${op}@example.com`,
        shippingAddress: homeAddress,
        shippingOptionId: 'standard',
        payment: { methodId: 'card', token: card },
      },
    }
  }

  function noteAcknowledged(outcome: Outcome): Placed | undefined {
    if (outcome.type !== 'ok') return undefined
    const { order, accessToken } = outcome.data as { order: { id: string }; accessToken: string }
    acknowledged.add(order.id)
    return { orderId: order.id, accessToken }
  }

  async function place(operation: Operation, card?: string): Promise<Placed | undefined> {
    const cart = await makeCart(operation)
    if (cart === undefined) return undefined
    const { keys } = operation
    return noteAcknowledged(
      await insist(placing(operation, { cart, key: keys[0], ...(card === undefined ? {} : { card }) })),
    )
  }

  async function cancel(operation: Operation, { orderId, accessToken }: Placed): Promise<void> {
    await delay(operation.afterMs)
    await insist({
      op: operation.op,
      call: 'cancel',
      key: null,
      cart: null,
      order: orderId,
      scope: `order:${orderId}`,
      server: operation.server + 1,
      procedure: 'order.cancel',
      input: { id: orderId, accessToken },
    })
  }

  async function payAgain(operation: Operation, { orderId, accessToken }: Placed): Promise<void> {
    if (!(await untilDeclined(operation, { orderId, accessToken }))) return
    await insist({
      op: operation.op,
      call: 'pay',
      key: operation.keys[1],
      cart: null,
      order: orderId,
      scope: `order:${orderId}`,
      server: operation.server + 1,
      procedure: 'order.pay',
      input: {
        id: orderId,
        accessToken,
        idempotencyKey: operation.keys[1],
        payment: { methodId: 'card', token: goodCard },
      },
    })
  }

  async function untilDeclined({ server }: Operation, { orderId: id, accessToken }: Placed): Promise<boolean> {
    for (let n = 0; Date.now() < untilMs; n += 1) {
      await delay(300)
      const answer = await call({ server: server + n, procedure: 'order.get', input: { id, accessToken }, timeoutMs })
      // An order that was lost in a fail-over is not waited for.
      if (answer.kind === 'answer' && answer.status === 404) return false
      const order =
        answer.kind === 'answer' ? (answer.body.result?.data as { paymentStatus: string } | undefined) : undefined
      if (order !== undefined && order.paymentStatus !== 'pending') return order.paymentStatus === 'declined'
    }
    return false
  }

  async function behave(operation: Operation): Promise<void> {
    const { manner, keys } = operation
    switch (manner) {
      case 'plain':
      case 'scarce':
        return void (await place(operation))
      case 'cancels': {
        const placed = await place(operation)
        return placed === undefined ? undefined : cancel(operation, placed)
      }
      case 'declined': {
        const placed = await place(operation, badCard)
        return placed === undefined ? undefined : payAgain(operation, placed)
      }
      case 'abandons':
        return void (await place(operation, badCard))
      case 'impatient':
      case 'trusting': {
        const cart = await makeCart(operation)
        if (cart === undefined) return undefined
        const once = placing(operation, { cart, key: keys[0] })
        return void noteAcknowledged(await (manner === 'impatient' ? attempt(once, operation.afterMs) : attempt(once)))
      }
      case 'twice':
      case 'twoKeys': {
        const cart = await makeCart(operation)
        if (cart === undefined) return undefined
        const second = manner === 'twice' ? keys[0] : keys[1]
        const both = await Promise.all([
          insist(placing(operation, { cart, key: keys[0] })),
          insist(placing({ ...operation, server: operation.server + 1 }, { cart, key: second })),
        ])
        both.forEach(noteAcknowledged)
        return undefined
      }
      case 'twoCarts': {
        const carts = await Promise.all([makeCart(operation, token), makeCart(operation, token)])
        const requests = carts.flatMap((cart) =>
          cart === undefined ? [] : [placing(operation, { cart, key: keys[0], session: token })],
        )
        const both = await Promise.all(requests.map(insist))
        both.forEach(noteAcknowledged)
      }
    }
  }

  return { behave, place, acknowledged: (): number => acknowledged.size }
}

function orderOf(data: unknown): { id: string; totals: { total: { amount: number } } } {
  const placed = data as { order?: unknown }
  return (placed.order ?? data) as ReturnType<typeof orderOf>
}

/** What an answer means, by api.md: refused and failed requests left no effect, whatever may have had one is `info`. */
function judge(answer: Answer): Outcome {
  if (answer.kind === 'unsent') return { type: 'fail', code: 'unsent', again: true }
  if (answer.kind === 'lost') return { type: 'info', code: answer.reason, again: true }
  const { status, body } = answer
  if (status === 200) {
    const data = body.result?.data as { outcome?: string; reason?: string }
    return data.outcome === 'refused'
      ? { type: 'refused', code: data.reason ?? '', again: false }
      : { type: 'ok', data }
  }
  const code = body.error?.data?.error ?? `status ${status}`
  if (code === 'outcome_unknown' || code === 'in_flight') return { type: 'info', code, again: true }
  return { type: 'fail', code, again: ['unavailable', 'too_many_requests', 'internal'].includes(code) }
}

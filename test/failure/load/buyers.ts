import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { homeAddress } from '../../support/buyer.ts'
import type { Random } from '../random.ts'
import type { HistoryWriter, Invocation } from './history.ts'
import type { Call, CallResult } from './http.ts'
import type { Operation } from './plan.ts'

/** Buyers that follow the API's documented protocol for retries, each with the behaviour of its operation. */

export interface BuyersOptions {
  call(call: Call): Promise<CallResult>
  history: HistoryWriter
  /** Session of the customer that uses one key for two carts. */
  token: string
  /** End of all retries, ms since the epoch. */
  untilMs: number
  /** Longest wait for one reply, ms. */
  timeoutMs: number
  random: Random
}

export interface Placed {
  orderId: string
  accessToken: string
}

/** Outcome of one attempt. `isRetryable`: the same request may be sent again. */
type Outcome =
  | { type: 'ok'; data: unknown }
  | { type: 'rejected' | 'fail' | 'info'; code: string; isRetryable: boolean }

type OrderRequest = Omit<Invocation, 'type' | 'id' | 'atMs'> & Pick<Call, 'server' | 'procedure' | 'input' | 'token'>

const acceptedCard = 'pm_card_visa'
const declinedCard = 'pm_card_visa_chargeDeclined'

export function createBuyers({ call, history, token, untilMs, timeoutMs, random }: BuyersOptions) {
  const acknowledged = new Set<string>()

  const backoffMs = (n: number): number => Math.min(2_000, 40 * 2 ** n) * (0.5 + random.float() / 2)

  /** Sends one request; its invocation and its completion are written to the history. */
  async function attempt(request: OrderRequest, waitMs = timeoutMs): Promise<Outcome> {
    const { server, procedure, input, token: session, ...invocation } = request
    const id = history.nextId()
    await history.append({ type: 'invoke', id, atMs: Date.now(), ...invocation })
    const outcome = classify(await call({ server, procedure, input, token: session, timeoutMs: waitMs }))
    const atMs = Date.now()
    if (outcome.type !== 'ok') {
      await history.append({ type: outcome.type, id, atMs, code: outcome.code })
      return outcome
    }
    const order = orderOf(outcome.data)
    const reply = createHash('sha256').update(JSON.stringify(outcome.data)).digest('base64url').slice(0, 16)
    await history.append({ type: 'ok', id, atMs, orderId: order.id, totalMinor: order.totals.total.amount, reply })
    return outcome
  }

  /** Repeats the request with the same key, on one server after the other, until the reply is definite. */
  async function retryUntilDefinite(request: OrderRequest): Promise<Outcome> {
    for (let n = 0; ; n += 1) {
      const outcome = await attempt({ ...request, server: request.server + n })
      if (outcome.type === 'ok' || !outcome.isRetryable || Date.now() > untilMs) return outcome
      await delay(backoffMs(n))
    }
  }

  /** Retries create another cart: creating a cart takes no key, and an orphaned cart does no harm. */
  async function createCart({ lines, server }: Operation, session?: string): Promise<string | undefined> {
    for (let n = 0; Date.now() < untilMs; n += 1) {
      const result = await call({
        server: server + n,
        procedure: 'order.cart.create',
        input: { currency: 'USD', lines },
        token: session,
        timeoutMs,
      })
      if (result.kind === 'reply' && result.status === 200)
        return (result.body.result as { data: { id: string } }).data.id
      await delay(backoffMs(n))
    }
    return undefined
  }

  function placeRequest(
    { op, server }: Operation,
    of: { cart: string; key: string; card?: string; session?: string },
  ): OrderRequest {
    const { cart, key, card = acceptedCard, session } = of
    return {
      op,
      action: 'place',
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

  function recordPlaced(outcome: Outcome): Placed | undefined {
    if (outcome.type !== 'ok') return undefined
    const { order, accessToken } = outcome.data as { order: { id: string }; accessToken: string }
    acknowledged.add(order.id)
    return { orderId: order.id, accessToken }
  }

  async function place(operation: Operation, card?: string): Promise<Placed | undefined> {
    const cart = await createCart(operation)
    if (cart === undefined) return undefined
    const { keys } = operation
    return recordPlaced(
      await retryUntilDefinite(
        placeRequest(operation, { cart, key: keys[0], ...(card === undefined ? {} : { card }) }),
      ),
    )
  }

  async function cancel(operation: Operation, { orderId, accessToken }: Placed): Promise<void> {
    await delay(operation.afterMs)
    await retryUntilDefinite({
      op: operation.op,
      action: 'cancel',
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
    if (!(await waitForDecline(operation, { orderId, accessToken }))) return
    await retryUntilDefinite({
      op: operation.op,
      action: 'pay',
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
        payment: { methodId: 'card', token: acceptedCard },
      },
    })
  }

  /** @returns true once the card is declined; false when the order was paid or is gone, or the time for retries is over */
  async function waitForDecline({ server }: Operation, { orderId: id, accessToken }: Placed): Promise<boolean> {
    for (let n = 0; Date.now() < untilMs; n += 1) {
      await delay(300)
      const result = await call({ server: server + n, procedure: 'order.get', input: { id, accessToken }, timeoutMs })
      // A fail-over may have lost the order.
      if (result.kind === 'reply' && result.status === 404) return false
      const order =
        result.kind === 'reply' ? (result.body.result?.data as { paymentStatus: string } | undefined) : undefined
      if (order !== undefined && order.paymentStatus !== 'pending') return order.paymentStatus === 'declined'
    }
    return false
  }

  async function perform(operation: Operation): Promise<void> {
    const { behaviour, keys } = operation
    switch (behaviour) {
      case 'plain':
      case 'scarce':
        return void (await place(operation))
      case 'cancels': {
        const placed = await place(operation)
        return placed === undefined ? undefined : cancel(operation, placed)
      }
      case 'declined': {
        const placed = await place(operation, declinedCard)
        return placed === undefined ? undefined : payAgain(operation, placed)
      }
      case 'abandons':
        return void (await place(operation, declinedCard))
      case 'hangsUp':
      case 'neverRetries': {
        const cart = await createCart(operation)
        if (cart === undefined) return undefined
        const request = placeRequest(operation, { cart, key: keys[0] })
        const waitMs = behaviour === 'hangsUp' ? operation.afterMs : timeoutMs
        return void recordPlaced(await attempt(request, waitMs))
      }
      case 'duplicate':
      case 'twoKeys': {
        const cart = await createCart(operation)
        if (cart === undefined) return undefined
        const secondKey = behaviour === 'duplicate' ? keys[0] : keys[1]
        const both = await Promise.all([
          retryUntilDefinite(placeRequest(operation, { cart, key: keys[0] })),
          retryUntilDefinite(placeRequest({ ...operation, server: operation.server + 1 }, { cart, key: secondKey })),
        ])
        both.forEach(recordPlaced)
        return undefined
      }
      case 'twoCarts': {
        const carts = await Promise.all([createCart(operation, token), createCart(operation, token)])
        const requests = carts.flatMap((cart) =>
          cart === undefined ? [] : [placeRequest(operation, { cart, key: keys[0], session: token })],
        )
        const both = await Promise.all(requests.map(retryUntilDefinite))
        both.forEach(recordPlaced)
      }
    }
  }

  return { perform, place, acknowledged: (): number => acknowledged.size }
}

function orderOf(data: unknown): { id: string; totals: { total: { amount: number } } } {
  const placed = data as { order?: unknown }
  return (placed.order ?? data) as ReturnType<typeof orderOf>
}

/** Classifies a reply by the API's contract: a rejected or failed request had no effect, an `info` one may have had. */
function classify(result: CallResult): Outcome {
  if (result.kind === 'unsent') return { type: 'fail', code: 'unsent', isRetryable: true }
  if (result.kind === 'lost') return { type: 'info', code: result.reason, isRetryable: true }
  const { status, body } = result
  if (status === 200) {
    const data = body.result?.data as { outcome?: string; reason?: string }
    return data.outcome === 'refused'
      ? { type: 'rejected', code: data.reason ?? '', isRetryable: false }
      : { type: 'ok', data }
  }
  const code = body.error?.data?.error ?? `status ${status}`
  if (code === 'outcome_unknown' || code === 'in_flight') return { type: 'info', code, isRetryable: true }
  return { type: 'fail', code, isRetryable: ['unavailable', 'too_many_requests', 'internal'].includes(code) }
}

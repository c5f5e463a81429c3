import { RetryLaterError, type EffectContext, type EffectResult, type Envelope } from '#actor'
import { loadConfig } from '#config'
import { AppError } from '#errors'
import type { Offer } from '#product'
import { createLog } from '#telemetry'
import { decideCart, type CartMessage } from '../cart/cart.rules.ts'
import type { CartState } from '../cart/cart.state.ts'
import { entriesOf, type LedgerEntry } from '../ledger/ledger.rules.ts'
import { createChargeEffect } from '../payment/charge.effect.ts'
import { classifyForOrder } from '../payment/payment-event.effect.ts'
import { createPaymentEffect } from '../payment/payment.effect.ts'
import type { OrderDecision, OrderMovement } from '../state/order-change.rules.ts'
import type { OrderMessage } from '../state/order.message.ts'
import type { OrderState } from '../state/order.state.ts'
import { createProviderModel, type Fault } from './provider.fixture.ts'
import { realRules, type Rules } from './rules.fixture.ts'

/**
 * A model of the shop: two carts, the orders made of them, their stock, mailbox and clock. The rules and effects are the
 * real ones. The provider, the stock and the mailbox are models, so that a history of thousands of steps runs in
 * milliseconds, with messages and outcomes in any order, lost leases, and replicas that run the same message twice.
 */

export const skus = ['MUG', 'LAMP', 'PEN'] as const
const prices: Readonly<Record<string, number>> = { MUG: 500, LAMP: 2_000, PEN: 149 }
const buyerId = 'ada'
const currency = 'EUR'
export interface Setup {
  capture: 'now' | 'later'
  country: 'DE' | 'CA'
  stock: readonly number[]
  lines: { guest: CartState['lines']; account: CartState['lines'] }
}

interface Stock {
  available: number
  reserved: number
  sold: number
}

/** A message in the mailbox of an effect. */
interface Pending {
  envelope: Envelope
  attempts: number
  tries: number
  /** Token of the run that holds the message. */
  lease: object | null
}

/** A run of an effect that has reached the provider, and not yet its order. */
interface Run {
  message: Pending
  lease: object
  result: EffectResult | { error: unknown }
}

const config = loadConfig({})
const log = createLog('silent')
const effectKinds = ['payment', 'charge'] as const
type EffectName = (typeof effectKinds)[number]
const isEffect = (kind: string): kind is EffectName => effectKinds.some((known) => known === kind)

export function createWorld({ capture, country, stock: counts, lines }: Setup, rules: Rules = realRules) {
  let clock = new Date('2026-11-22T12:00:00Z').getTime()
  const now = (): Date => new Date(clock)
  const stock = new Map<string, Stock>(
    skus.map((sku, index) => [sku, { available: counts[index] ?? 0, reserved: 0, sold: 0 }]),
  )
  const cartOf = (id: string, userId: string | null, cartLines: CartState['lines']): CartState => ({
    id,
    version: 1,
    currency,
    locale: 'en',
    userId,
    lines: [...cartLines],
    orderId: null,
  })
  const carts = new Map([
    ['guest', cartOf('guest', null, lines.guest)],
    ['account', cartOf('account', buyerId, lines.account)],
  ])
  const orders = new Map<string, OrderState>()
  const models = new Map<string, ReturnType<typeof createProviderModel>>()
  const ledger = new Map<string, { at: Date; entries: LedgerEntry[] }>()
  const emails: { order: OrderState; template: string; text: string }[] = []
  const violations: string[] = []
  /** What has happened, for the report of a violation. */
  const trace: string[] = []
  let mailbox: Pending[] = []
  let runs: Run[] = []

  const check = (holds: boolean, what: string): void => {
    if (!holds) violations.push(what)
  }
  const modelOf = (orderId: string) => {
    const model = models.get(orderId)
    if (model === undefined) throw new Error(`no provider for ${orderId}`)
    return model
  }

  // Each order has a provider of its own; the effects are those of the shop, one pair an order.
  const effects = new Map<string, ReturnType<typeof effectsOf>>()
  const effectsOf = (orderId: string) => {
    const services = { config, log, payments: modelOf(orderId).provider }
    const findOrder = (id: string) => Promise.resolve(orders.get(id))
    return {
      payment: createPaymentEffect(services, findOrder),
      charge: createChargeEffect(services, findOrder),
    }
  }

  function move(movements: readonly OrderMovement[]): void {
    for (const movement of movements) {
      if ('amount' in movement) {
        const entries = entriesOf(movement)
        const id = `${movement.orderId}:${entries[0]?.movementId}`
        check(!ledger.has(id), `${id} is booked twice`)
        ledger.set(id, { at: now(), entries })
        continue
      }
      const level = stock.get(movement.sku)
      if (level === undefined) throw new Error(`${movement.sku} is not in stock`)
      const { quantity } = movement
      const [from, to] = stockMoves[movement.kind]
      level[from] -= quantity
      level[to] += quantity
      check(level[from] >= 0, `${movement.kind} leaves ${level[from]} of ${movement.sku} ${from}`)
    }
  }

  function send(envelopes: readonly Envelope[]): void {
    mailbox.push(...envelopes.map((envelope) => ({ envelope, attempts: 0, tries: 0, lease: null })))
  }

  function commit(former: OrderState, decision: OrderDecision): void {
    const next = decision.state ?? former
    move(decision.movements ?? [])
    check(
      former.timeline.every((entry, index) => next.timeline[index] === entry),
      'the timeline is not append-only',
    )
    check(next === former || next.version > former.version, `${next.version} does not follow ${former.version}`)
    orders.set(next.id, next)
    const cancelled = new Set(decision.cancelMessages)
    mailbox = mailbox.filter(({ envelope: { kind, id, message } }) =>
      kind !== 'order' || id !== next.id ? true : !cancelled.has((message as OrderMessage).type),
    )
    send(decision.outbox ?? [])
  }

  /** A turn of the order with this message; a rejected message changes nothing. @returns whether it was accepted */
  function tell(orderId: string, message: OrderMessage): boolean {
    const order = orders.get(orderId)
    if (order === undefined) return false
    clock += 1_000
    const { type, ...content } = message
    try {
      commit(order, rules.decideOrder(order, message, { now: now() }))
      trace.push(`${orderId}: ${type} ${JSON.stringify(content)}`)
      return true
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      trace.push(`${orderId}: ${type} is rejected: ${error.message}`)
      return false
    }
  }

  const snapshot = () => ({
    available: new Map([...stock].map(([sku, { available }]) => [sku, available])),
    offer: (sku: string): Offer => ({
      sku,
      productId: sku,
      productSlug: sku,
      title: sku,
      image: null,
      price: { amount: prices[sku] ?? 0, currency },
      basePrice: null,
      available: 0,
      isOnSale: true,
    }),
  })

  function tellCart(cartId: string, message: CartMessage): void {
    const cart = carts.get(cartId)
    if (cart === undefined) return
    clock += 1_000
    try {
      const context = { id: cartId, now: now(), shared: snapshot(), isLocked: true, accepts: () => true }
      const decision = decideCart(cart, message, context)
      const { placed, ...next } = decision.state ?? cart
      carts.set(cartId, next)
      if (placed === undefined) return
      models.set(placed.id, createProviderModel(placed.id, { currency, now }))
      effects.set(placed.id, effectsOf(placed.id))
      orders.set(placed.id, placed)
      move(decision.movements ?? [])
      send(decision.outbox ?? [])
    } catch (error) {
      if (!(error instanceof AppError)) throw error
    }
  }

  const address = { name: 'Ada', line1: '1 Street', city: 'Town', postalCode: '10115', country }
  const place = (cartId: 'guest' | 'account'): void =>
    tellCart(cartId, {
      type: 'place',
      orderId: `order-of-${cartId}`,
      number: cartId,
      userId: buyerId,
      email: 'ada@example.com',
      locale: null,
      shippingAddress: address,
      billingAddress: null,
      shippingOptionId: 'standard',
      methodId: 'card',
      token: 'pm_card_visa',
      expectedTotal: null,
      deadlineSeconds: 900,
      capture,
    })

  function claim(): void {
    const [cart, former] = [carts.get('guest'), carts.get('account')]
    try {
      const claimed = rules.claimCart({ cart, former }, buyerId)
      carts.set('guest', claimed.cart)
      if (claimed.former !== undefined) carts.set('account', claimed.former)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
    }
  }

  /** Begins a message of the mailbox: the call to the provider is made, its outcome is under way. */
  async function begin(index: number, fault: Fault = 'none'): Promise<void> {
    const free = mailbox.filter(({ lease, envelope }) => lease === null && isEffect(envelope.kind))
    const message = free[index % Math.max(1, free.length)]
    if (message === undefined) return
    const { kind, id } = message.envelope
    const effect = effects.get(id)
    if (!isEffect(kind) || effect === undefined) return
    const lease = {}
    message.lease = lease
    const model = modelOf(id)
    model.fault = fault
    const context: EffectContext = {
      id,
      attempts: message.attempts,
      tries: message.tries,
      signal: new AbortController().signal,
    }
    const result = await effect[kind]
      .run(message.envelope.message as never, context)
      .catch((error: unknown) => ({ error }))
    model.fault = 'none'
    trace.push(`${id}: ${kind} runs, ${'error' in result ? String(result.error) : JSON.stringify(result)}`)
    runs.push({ message, lease, result })
  }

  /** Applies the outcome of a run, unless its lease was lost. */
  function finish(index: number): void {
    const run = runs[index % Math.max(1, runs.length)]
    if (run === undefined) return
    runs = runs.filter((other) => other !== run)
    const { message, lease, result } = run
    if (message.lease !== lease || !mailbox.includes(message)) return
    if ('error' in result) {
      message.lease = null
      message.tries += 1
      if (!(result.error instanceof RetryLaterError)) message.attempts += 1
      return
    }
    mailbox = mailbox.filter((other) => other !== message)
    if ('outcome' in result) tell(result.outcome.id, result.outcome.message as OrderMessage)
    else send(result.outbox)
  }

  /** A worker loses the lease of a message, by its death or a pause: the message runs again, the run's outcome is void. */
  function loseLease(index: number): void {
    const leased = mailbox.filter(({ lease }) => lease !== null)
    const message = leased[index % Math.max(1, leased.length)]
    if (message !== undefined) message.lease = null
  }

  /** Delivers one of the provider's webhooks; any of them can be delivered several times, in any order. */
  function deliver(index: number): void {
    const all = [...models].flatMap(([id, { events }]) => events.map((event) => ({ id, event })))
    const chosen = all[index % Math.max(1, all.length)]
    if (chosen === undefined) return
    const order = orders.get(chosen.id)
    if (order === undefined) return
    const classified = classifyForOrder(order, chosen.event)
    if (classified.type === 'relevant') tell(order.id, classified.message)
    if (classified.type === 'early') deferred.push(chosen)
  }
  /** Events that were ahead of the shop's commit. */
  const deferred: { id: string; event: Parameters<typeof classifyForOrder>[1] }[] = []

  function deliverDeferred(): void {
    for (const { id, event } of deferred.splice(0)) {
      const order = orders.get(id)
      if (order === undefined) continue
      const classified = classifyForOrder(order, event)
      if (classified.type === 'relevant') tell(id, classified.message)
      if (classified.type === 'early') deferred.push({ id, event })
    }
  }

  /** Sends the first email that waits, as its order is now. */
  function sendEmail(index: number): void {
    const waiting = mailbox.filter(({ envelope }) => envelope.kind === 'email')
    const message = waiting[index % Math.max(1, waiting.length)]
    const order = message === undefined ? undefined : orders.get(message.envelope.id)
    if (message === undefined || order === undefined) return
    mailbox = mailbox.filter((other) => other !== message)
    const content = message.envelope.message as unknown as Parameters<Rules['composeEmail']>[2]
    const email = rules.composeEmail({ config, secretKey: 'model' }, order, content)
    if (email !== null) emails.push({ order, template: content.template, text: `${email.subject}\n${email.text}` })
  }

  /** Time passes: deadlines that are due arrive, and housekeeping closes orders. */
  function pass(ms: number): void {
    clock += ms
    const due = mailbox.filter(({ envelope }) => envelope.kind === 'order' && (envelope.dueAt?.getTime() ?? 0) <= clock)
    mailbox = mailbox.filter((message) => !due.includes(message))
    for (const { envelope } of due) tell(envelope.id, envelope.message as OrderMessage)
    for (const order of orders.values())
      if (rules.isClosable(order, now()) && tell(order.id, { type: 'close' })) continue
  }

  /** Lets everything that is under way finish: no more faults, and the provider completes its work. */
  async function settle(): Promise<void> {
    for (let round = 0; round < 6; round += 1) {
      for (const { occurrences } of models.values()) occurrences.bankDecides(true)
      pass(1_000_000)
      for (let count = 0; count < 60 && mailbox.some(({ envelope }) => isEffect(envelope.kind)); count += 1) {
        if (!mailbox.some(({ lease, envelope }) => lease === null && isEffect(envelope.kind))) loseLease(0)
        await begin(0)
        while (runs.length > 0) finish(0)
      }
      for (const model of models.values()) model.occurrences.refundsBecome('succeeded')
      const events = [...models.values()].reduce((sum, model) => sum + model.events.length, 0)
      for (let index = 0; index < events; index += 1) deliver(index)
      deliverDeferred()
      while (mailbox.some(({ envelope }) => envelope.kind === 'email')) sendEmail(0)
      if (!mailbox.some(({ envelope }) => isEffect(envelope.kind)) && runs.length === 0 && round > 1) return
    }
  }

  return {
    tell,
    tellCart,
    place,
    claim,
    begin,
    finish,
    loseLease,
    deliver,
    sendEmail,
    pass,
    settle,
    now,
    modelOf,
    models,
    stock,
    carts,
    orders,
    ledger,
    emails,
    violations,
    trace,
    check,
  }
}

export type World = ReturnType<typeof createWorld>

const stockMoves = {
  reserve: ['available', 'reserved'],
  release: ['reserved', 'available'],
  take: ['reserved', 'sold'],
  return: ['sold', 'available'],
} as const

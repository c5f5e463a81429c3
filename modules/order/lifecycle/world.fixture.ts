import { expect } from 'vitest'
import { RetryLaterError, type EffectResult, type Envelope } from '#actor'
import { loadConfig } from '#config'
import { AppError } from '#errors'
import { createLog } from '#telemetry'
import { entriesOf, type LedgerEntry } from '../ledger/ledger.rules.ts'
import { reconcile } from '../ledger/reconciliation.rules.ts'
import { createChargeEffect } from '../payment/charge.effect.ts'
import { classifyForOrder } from '../payment/payment-event.effect.ts'
import { createPaymentEffect } from '../payment/payment.effect.ts'
import type { OrderDecision } from '../state/order-change.rules.ts'
import type { OrderMessage } from '../state/order.message.ts'
import { movePayment } from '../state/order.outbox.ts'
import type { OrderState } from '../state/order.state.ts'
import { placed, placedAt } from './order.fixture.ts'
import { decideOrder } from './order.rules.ts'
import { createProviderModel, type Fault } from './provider.fixture.ts'

/** A message in the mailbox of an effect. */
interface Pending {
  envelope: Envelope
  attempts: number
  tries: number
}

const pending = (envelope: Envelope): Pending => ({ envelope, attempts: 0, tries: 0 })

/** One order with its real rules and effects, and a model of a provider that fails, delays, repeats and acts by itself. */
export function createWorld(capture: 'now' | 'later') {
  let state: OrderState = { ...placed, payment: { ...placed.payment, capture } }
  let clock = placedAt.getTime()
  const now = (): Date => new Date(clock)
  const model = createProviderModel(state.id, { currency: state.currency, now })
  const services = { config: loadConfig({}), payments: model.provider, log: createLog('silent') }
  const findOrder = async () => state
  const effects = { payment: createPaymentEffect(services, findOrder), charge: createChargeEffect(services, findOrder) }
  let mailbox: Pending[] = [pending(movePayment(state.id))]
  const ledger = new Map<string, LedgerEntry[]>()
  const bookedAt = new Map<string, Date>()
  const ordered = new Map(state.lines.map(({ sku, quantity }) => [sku, quantity]))
  const stock = new Map([...ordered].map(([sku, quantity]) => [sku, { available: 5, reserved: quantity, sold: 0 }]))

  function apply(decision: OrderDecision): void {
    for (const move of decision.movements ?? []) {
      if ('amount' in move) {
        const entries = entriesOf(move)
        const id = entries[0]?.movementId ?? ''
        expect(ledger.has(id), `${id} booked twice`).toBe(false)
        ledger.set(id, entries)
        bookedAt.set(id, now())
        continue
      }
      const counts = stock.get(move.sku)
      if (counts === undefined) throw new Error(`${move.sku} is not in the order`)
      if (move.kind === 'take')
        [counts.reserved, counts.sold] = [counts.reserved - move.quantity, counts.sold + move.quantity]
      else if (move.kind === 'release')
        [counts.reserved, counts.available] = [counts.reserved - move.quantity, counts.available + move.quantity]
      else if (move.kind === 'return')
        [counts.sold, counts.available] = [counts.sold - move.quantity, counts.available + move.quantity]
      else throw new Error('an order that is placed already must not reserve stock')
    }
    for (const { available, reserved, sold } of stock.values())
      expect(Math.min(available, reserved, sold), 'stock below zero').toBeGreaterThanOrEqual(0)
    const next = decision.state ?? state
    expect(next.timeline.slice(0, state.timeline.length)).toEqual(state.timeline)
    if (next !== state) expect(next.version).toBeGreaterThan(state.version)
    // Stock is released only once the shop has no money of the buyer, held or captured.
    const isContested = model.movements.some(({ kind }) => kind === 'refund_failed' || kind === 'dispute')
    if (next.status === 'cancelled' && state.status !== 'cancelled' && !isContested)
      expect(model.kept() + model.held(), 'money of an order as it is cancelled').toBe(0)
    state = next
    mailbox.push(...(decision.outbox ?? []).filter(({ kind }) => kind in effects).map(pending))
  }

  /** A turn of the order with this message; a rejected message changes nothing. */
  function send(message: OrderMessage): void {
    clock += 1_000
    try {
      apply(decideOrder(state, message, { now: now() }))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
    }
  }

  /** Runs the first message of this kind. A crash loses the result, so that the message runs again. */
  async function run(
    kind: keyof typeof effects,
    { fault = 'none', isCrash = false }: { fault?: Fault; isCrash?: boolean },
  ): Promise<void> {
    const first = mailbox.find(({ envelope }) => envelope.kind === kind)
    if (first === undefined) return
    model.fault = fault
    const { attempts, tries } = first
    const context = { id: state.id, attempts, tries, signal: new AbortController().signal }
    let result: EffectResult
    try {
      result = await effects[kind].run(first.envelope.message as never, context)
    } catch (error) {
      first.tries += 1
      if (!(error instanceof RetryLaterError)) first.attempts += 1
      return
    } finally {
      model.fault = 'none'
    }
    if (isCrash) return
    mailbox = mailbox.filter((other) => other !== first)
    if ('outcome' in result) send(result.outcome.message as OrderMessage)
    else mailbox.push(...result.outbox.map(pending))
  }

  /** Delivers one of the provider's webhooks; any of them can be delivered several times. */
  function deliver(index: number): void {
    const event = model.events[index % Math.max(1, model.events.length)]
    if (event === undefined) return
    const classified = classifyForOrder(state, event)
    if (classified.type === 'relevant') send(classified.message)
  }

  /** Lets everything finish: no more faults, the provider completes its work, every webhook arrives, the deadline passes. */
  async function runToEnd(): Promise<void> {
    model.areRefundsPending = false
    for (let round = 0; round < 30; round += 1) {
      model.occurrences.bankDecides(true)
      if (round > 2) send({ type: 'paymentDeadline' })
      for (let index = 0; index < 20; index += 1) for (const kind of ['payment', 'charge'] as const) await run(kind, {})
      model.occurrences.refundsBecome('succeeded')
      for (let index = 0; index < model.events.length; index += 1) deliver(index)
    }
  }

  return { model, send, run, deliver, runToEnd, ordered, stock, ledger, bookedAt, now, state: () => state }
}

export type World = ReturnType<typeof createWorld>

/** Checks that stock and money add up, here and at the provider, after `runToEnd`. */
export function expectAccounted({ model, ordered, stock, ledger, bookedAt, now, ...world }: World): void {
  const state = world.state()
  const entries = [...ledger.values()].flat()
  for (const movement of ledger.values())
    expect(movement.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(0)
  const balance = (account: string): number =>
    entries.filter((entry) => entry.account === account).reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  expect(balance('held')).toBe(model.held())
  const here = entries
    .filter(({ account, kind }) => account === 'provider' && !kind.startsWith('fee'))
    .map(({ orderId, kind, currency, amountMinor, movementId }) => ({
      orderId,
      kind,
      amount: { amount: amountMinor, currency },
      at: bookedAt.get(movementId) ?? now(),
    }))
  const window = { from: new Date(0), to: new Date(now().getTime() + 1) }
  expect(reconcile({ here, there: model.movements }, window)).toEqual([])
  expect(model.captures()).toBeLessThanOrEqual(1)
  const counts = [...stock.values()]
  if (state.status === 'cancelled') {
    expect(
      counts.every(({ reserved, sold }) => reserved === 0 && sold === 0),
      'stock of a cancelled order',
    ).toBe(true)
    const isStuck = state.refunds.some(({ status }) => status === 'failed') || state.disputes.length > 0
    if (!isStuck) expect(model.kept(), 'money of a cancelled order').toBe(0)
  }
  for (const [sku, { available, reserved, sold }] of stock)
    expect(available + reserved + sold, `stock of ${sku}`).toBe(5 + (ordered.get(sku) ?? 0))
  expect(state.status).not.toBe('placed')
  const isContested = state.refunds.some(({ status }) => status === 'failed') || state.disputes.length > 0
  if (!isContested) expect(state.status).not.toBe('cancelling')
  if (!model.events.some((event) => event.kind === 'dispute' || (event.kind === 'refund' && event.refundId === null)))
    expect(model.rejections(), 'refund requests that exceed what is left').toBe(0)
}

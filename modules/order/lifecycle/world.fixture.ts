import { expect } from 'vitest'
import { RetryLaterError, type EffectResult, type Envelope } from '#actor'
import { loadConfig } from '#config'
import { AppError } from '#errors'
import { createChargeEffect } from '../payment/charge.effect.ts'
import { classify } from '../payment/payment-event.effect.ts'
import { entriesOf, type LedgerEntry } from '../ledger/ledger.rules.ts'
import { decideOrder } from './order.rules.ts'
import { movePayment, type OrderDecision } from '../state/order.change.ts'
import { placed, placedAt } from './order.fixture.ts'
import type { OrderMessage } from '../state/order.message.ts'
import { createPaymentEffect } from '../payment/payment.effect.ts'
import { createProviderModel, type Fault } from '../payment/provider.fixture.ts'
import { reconcile } from '../ledger/reconciliation.rules.ts'
import type { OrderState } from '../state/order.state.ts'

interface Letter {
  mail: Envelope
  attempts: number
  tries: number
}

/** One order, its real rules and effects, and a provider that fails, delays, repeats and does things by itself. */
export function createWorld(capture: 'now' | 'later') {
  let state: OrderState = { ...placed, payment: { ...placed.payment, capture } }
  let clock = placedAt.getTime()
  const now = (): Date => new Date(clock)
  const model = createProviderModel(state.id, { currency: state.currency, now })
  const services = { config: loadConfig({}), payments: model.provider }
  const find = async () => state
  const effects = { payment: createPaymentEffect(services, find), charge: createChargeEffect(services, find) }
  let letters: Letter[] = [{ mail: movePayment(state.id), attempts: 0, tries: 0 }]
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
      const pieces = stock.get(move.sku)
      if (pieces === undefined) throw new Error('stock of something else')
      if (move.kind === 'take')
        [pieces.reserved, pieces.sold] = [pieces.reserved - move.quantity, pieces.sold + move.quantity]
      else if (move.kind === 'release')
        [pieces.reserved, pieces.available] = [pieces.reserved - move.quantity, pieces.available + move.quantity]
      else if (move.kind === 'return')
        [pieces.sold, pieces.available] = [pieces.sold - move.quantity, pieces.available + move.quantity]
      else throw new Error('an order that exists reserves nothing')
    }
    for (const { available, reserved, sold } of stock.values())
      expect(Math.min(available, reserved, sold), 'stock below nothing').toBeGreaterThanOrEqual(0)
    const next = decision.state ?? state
    expect(next.timeline.slice(0, state.timeline.length)).toEqual(state.timeline)
    if (next !== state) expect(next.version).toBeGreaterThan(state.version)
    // Stock is let go only when nobody can be charged for it any more.
    const isArgued = model.movements.some(({ kind }) => kind === 'refund_failed' || kind === 'dispute')
    if (next.status === 'cancelled' && state.status !== 'cancelled' && !isArgued)
      expect(model.kept() + model.held(), 'money of an order as it is cancelled').toBe(0)
    state = next
    letters.push(
      ...(decision.outbox ?? []).filter(({ kind }) => kind in effects).map((mail) => ({ mail, attempts: 0, tries: 0 })),
    )
  }

  function tell(message: OrderMessage): void {
    clock += 1_000
    try {
      apply(decideOrder(state, message, { now: now() }))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
    }
  }

  /** The first letter of its kind; a crash loses what came of it, and another process does it again. */
  async function run(
    kind: keyof typeof effects,
    { fault = 'none', isCrash = false }: { fault?: Fault; isCrash?: boolean },
  ): Promise<void> {
    const letter = letters.find(({ mail }) => mail.kind === kind)
    if (letter === undefined) return
    model.fault = fault
    const { attempts, tries } = letter
    const context = { id: state.id, attempts, tries, signal: new AbortController().signal }
    let result: EffectResult
    try {
      result = await effects[kind].run(letter.mail.message as never, context)
    } catch (error) {
      letter.tries += 1
      if (!(error instanceof RetryLaterError)) letter.attempts += 1
      return
    } finally {
      model.fault = 'none'
    }
    if (isCrash) return
    letters = letters.filter((one) => one !== letter)
    if ('outcome' in result) tell(result.outcome.message as OrderMessage)
    else letters.push(...result.outbox.map((mail) => ({ mail, attempts: 0, tries: 0 })))
  }

  function deliver(index: number): void {
    const event = model.events[index % Math.max(1, model.events.length)]
    if (event === undefined) return
    const heard = classify(state, event)
    if (heard.form === 'news') tell(heard.message)
  }

  /** Faults heal, the provider finishes what it has begun, every webhook arrives, the deadline passes. */
  async function settle(): Promise<void> {
    model.isPatient = false
    for (let round = 0; round < 30; round += 1) {
      model.happen.bank(true)
      if (round > 2) tell({ type: 'paymentDeadline' })
      for (let index = 0; index < 20; index += 1) for (const kind of ['payment', 'charge'] as const) await run(kind, {})
      model.happen.refundsBecome('succeeded')
      for (let index = 0; index < model.events.length; index += 1) deliver(index)
    }
  }

  return { model, tell, run, deliver, settle, ordered, stock, ledger, bookedAt, now, state: () => state }
}

export type World = ReturnType<typeof createWorld>

/** Stock and money, here and at the provider, once everything has settled. */
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
  const pieces = [...stock.values()]
  if (state.status === 'cancelled') {
    expect(
      pieces.every(({ reserved, sold }) => reserved === 0 && sold === 0),
      'stock of a cancelled order',
    ).toBe(true)
    const isStuck = state.refunds.some(({ status }) => status === 'failed') || state.disputes.length > 0
    if (!isStuck) expect(model.kept(), 'money of a cancelled order').toBe(0)
  }
  for (const [sku, { available, reserved, sold }] of stock)
    expect(available + reserved + sold, 'pieces').toBe(5 + (ordered.get(sku) ?? 0))
  expect(state.status).not.toBe('placed')
  const isArgued = state.refunds.some(({ status }) => status === 'failed') || state.disputes.length > 0
  if (!isArgued) expect(state.status).not.toBe('cancelling')
  if (!model.events.some((event) => event.kind === 'dispute' || (event.kind === 'refund' && event.refundId === null)))
    expect(model.refusals(), 'refunds asked for that were not left').toBe(0)
}

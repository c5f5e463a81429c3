import {
  OutboundError,
  PaymentRejectedError,
  type PaymentEvent,
  type PaymentProvider,
  type PaymentResult,
} from '#outbound'
import type { ListedMovement } from '../ledger/reconciliation.rules.ts'

/** A model of a payment provider with books of its own. A call takes effect first; its reply may then be lost. */

/** Fault of one call: two outcomes of the card (`decline`, `bank`), else a failure of the connection or the provider. */
export type Fault = 'none' | 'unreachable' | 'lost' | 'failed' | 'decline' | 'bank'

interface Refund {
  id: string
  refundId: string | null
  amountMinor: number
  status: 'pending' | 'succeeded' | 'failed'
}

interface Payment {
  id: string
  capture: 'now' | 'later'
  status: 'open' | 'bank' | 'held' | 'captured' | 'declined' | 'voided'
  amountMinor: number
  refunds: Refund[]
  dispute: 'opened' | 'won' | 'lost' | null
}

const feeMinor = 100
const disputeFeeMinor = 1500

/** @param options.now the provider's clock */
export function createProviderModel(orderId: string, { currency, now }: { currency: string; now: () => Date }) {
  const payments: Payment[] = []
  const events: PaymentEvent[] = []
  const movements: ListedMovement[] = []
  const refundsByKey = new Map<string, Refund>()
  let fault: Fault = 'none'
  let captures = 0
  let rejections = 0
  let areRefundsPending = false

  const find = (id: string): Payment => {
    const payment = payments.find((candidate) => candidate.id === id)
    if (payment === undefined) throw new Error(`no payment ${id}`)
    return payment
  }
  const money = (amount: number) => ({ amount, currency })
  const record = (kind: string, amountMinor: number): void => {
    movements.push({ providerId: `txn_${movements.length}`, kind, orderId, amount: money(amountMinor), at: now() })
  }
  const eventId = (): string => `evt_${events.length}`

  function resultOf(payment: Payment): PaymentResult {
    switch (payment.status) {
      case 'open':
      case 'voided':
        return { status: payment.status }
      case 'bank':
        return { status: 'requires_action', url: null }
      case 'held':
        return { status: 'authorised', amountMinor: payment.amountMinor }
      case 'captured':
        return { status: 'captured', amountMinor: payment.amountMinor, feeMinor }
      case 'declined':
        return { status: 'declined', code: 'card_declined' }
    }
  }
  const emitPayment = (payment: Payment): void => {
    events.push({ kind: 'payment', eventId: eventId(), orderId, intentId: payment.id, result: resultOf(payment) })
  }
  function capture(payment: Payment): void {
    payment.status = 'captured'
    captures += 1
    record('capture', payment.amountMinor)
    emitPayment(payment)
  }
  function approve(payment: Payment): void {
    if (payment.capture === 'now') return capture(payment)
    payment.status = 'held'
    emitPayment(payment)
  }
  const refundable = ({ amountMinor, refunds, dispute }: Payment): number =>
    dispute === 'opened' || dispute === 'lost'
      ? 0
      : amountMinor - refunds.filter(({ status }) => status !== 'failed').reduce((sum, one) => sum + one.amountMinor, 0)
  function emitRefund(payment: Payment, { id, refundId, amountMinor, status }: Refund): void {
    const about = { eventId: eventId(), orderId, intentId: payment.id, refundId, providerRefundId: id }
    events.push({ kind: 'refund', ...about, amount: money(amountMinor), status })
  }
  function addRefund(payment: Payment, refundId: string | null, amountMinor: number): Refund {
    const status = areRefundsPending ? 'pending' : 'succeeded'
    const refund: Refund = { id: `re_${payment.id}_${payment.refunds.length}`, refundId, amountMinor, status }
    payment.refunds.push(refund)
    record('refund', -amountMinor)
    emitRefund(payment, refund)
    return refund
  }

  /** Runs one call with the fault that was set for it. */
  function call<T>(work: () => T): Promise<T> {
    const current = fault
    fault = 'none'
    if (current === 'unreachable') return Promise.reject(new OutboundError('unreachable', 'away'))
    if (current === 'failed') return Promise.reject(new OutboundError('failed', '500'))
    try {
      const reply = work()
      return current === 'lost' ? Promise.reject(new OutboundError('unknown', 'reply lost')) : Promise.resolve(reply)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  const provider: PaymentProvider = {
    name: 'model',
    capturesLater: true,
    accepts: () => true,
    open: ({ amount, capture: when }) =>
      call(() => {
        const id = `pi_${payments.length}`
        payments.push({ id, capture: when, status: 'open', amountMinor: amount.amount, refunds: [], dispute: null })
        return { intentId: id }
      }),
    confirm({ intentId }) {
      const payment = find(intentId)
      const card = fault
      if (card === 'decline' || card === 'bank') fault = 'none'
      return call(() => {
        if (payment.status === 'open' || payment.status === 'declined' || payment.status === 'bank') {
          if (card === 'decline' || card === 'bank') {
            payment.status = card === 'decline' ? 'declined' : 'bank'
            emitPayment(payment)
          } else approve(payment)
        }
        return resultOf(payment)
      })
    },
    lookUp: (intentId) => call(() => resultOf(find(intentId))),
    capture: ({ intentId }) =>
      call(() => {
        const payment = find(intentId)
        if (payment.status === 'held') capture(payment)
        return resultOf(payment)
      }),
    void: ({ intentId }) =>
      call(() => {
        const payment = find(intentId)
        if (payment.status !== 'captured' && payment.status !== 'voided') {
          payment.status = 'voided'
          emitPayment(payment)
        }
        return resultOf(payment)
      }),
    refund: ({ intentId, refundId, amount, mayExist, key }) =>
      call(() => {
        const payment = find(intentId)
        const known =
          refundsByKey.get(key) ?? (mayExist ? payment.refunds.find((one) => one.refundId === refundId) : undefined)
        if (known === undefined && (payment.status !== 'captured' || amount.amount > refundable(payment))) {
          rejections += 1
          throw new PaymentRejectedError('charge_already_refunded')
        }
        const refund = known ?? addRefund(payment, refundId, amount.amount)
        refundsByKey.set(key, refund)
        return { providerRefundId: refund.id, status: refund.status }
      }),
    listMovements: () => Promise.reject(new Error('the test reads the books itself')),
    readWebhook: () => null,
    close: () => undefined,
  }

  /** Events at the provider that the shop does not cause. */
  const occurrences = {
    bankDecides(isApproved: boolean): void {
      for (const payment of payments) {
        if (payment.status !== 'bank') continue
        if (isApproved) approve(payment)
        else {
          payment.status = 'declined'
          emitPayment(payment)
        }
      }
    },
    holdsLapse(): void {
      for (const payment of payments) {
        if (payment.status !== 'held') continue
        payment.status = 'voided'
        emitPayment(payment)
      }
    },
    refundsBecome(status: 'succeeded' | 'failed'): void {
      for (const payment of payments)
        for (const refund of payment.refunds) {
          if (refund.status === 'failed' || refund.status === status) continue
          refund.status = status
          if (status === 'failed') record('refund_failed', refund.amountMinor)
          emitRefund(payment, refund)
        }
    },
    /** A refund made in the provider's dashboard. */
    refundInDashboard(amountMinor: number): void {
      const payment = payments.find((one) => one.status === 'captured' && refundable(one) >= amountMinor)
      if (payment !== undefined) addRefund(payment, null, amountMinor)
    },
    disputeBecomes(status: 'opened' | 'won' | 'lost'): void {
      const payment = payments.find((one) =>
        status === 'opened'
          ? one.status === 'captured' && one.dispute === null && one.refunds.length === 0
          : one.dispute === 'opened',
      )
      if (payment === undefined) return
      payment.dispute = status
      if (status === 'opened') record('dispute', -payment.amountMinor)
      if (status === 'won') record('dispute_won', payment.amountMinor)
      const about = { eventId: eventId(), orderId: null, intentId: payment.id, disputeId: `dp_${payment.id}` }
      const amount = money(payment.amountMinor)
      events.push({ kind: 'dispute', ...about, amount, feeMinor: disputeFeeMinor, reason: 'fraudulent', status })
    },
  }

  return {
    provider,
    occurrences,
    events,
    movements,
    /** Fault of the next call. */
    set fault(next: Fault) {
      fault = next
    },
    /** Whether new refunds wait for the buyer's bank. */
    set areRefundsPending(next: boolean) {
      areRefundsPending = next
    },
    captures: () => captures,
    /** Refund requests rejected because nothing was left to refund. */
    rejections: () => rejections,
    /** Money held for the shop. */
    held: () => payments.reduce((sum, { status, amountMinor }) => sum + (status === 'held' ? amountMinor : 0), 0),
    /** Captured money of the buyer that was not returned. */
    kept: () => movements.reduce((sum, { kind, amount }) => sum + (kind === 'hold' ? 0 : amount.amount), 0),
  }
}

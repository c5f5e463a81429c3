import {
  OutboundError,
  PaymentRejectedError,
  type PaymentEvent,
  type PaymentProvider,
  type PaymentResult,
} from '#outbound'
import type { ListedMovement } from '../ledger/reconciliation.rules.ts'

/** A payment provider with books of its own, for tests: it acts, and then may or may not answer. */

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

/** @param now the provider's clock */
export function createProviderModel(orderId: string, { currency, now }: { currency: string; now: () => Date }) {
  const payments: Payment[] = []
  const events: PaymentEvent[] = []
  const movements: ListedMovement[] = []
  const refundsByKey = new Map<string, Refund>()
  let fault: Fault = 'none'
  let captures = 0
  let refusals = 0
  let isPatient = false

  const find = (id: string): Payment => {
    const payment = payments.find((one) => one.id === id)
    if (payment === undefined) throw new Error(`no payment ${id}`)
    return payment
  }
  const money = (amount: number) => ({ amount, currency })
  const note = (kind: string, amountMinor: number): void => {
    movements.push({ providerId: `txn_${movements.length}`, kind, orderId, amount: money(amountMinor), at: now() })
  }
  const eventId = (): string => `evt_${events.length}`

  function describe(payment: Payment): PaymentResult {
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
  const tell = (payment: Payment): void => {
    events.push({ kind: 'payment', eventId: eventId(), orderId, intentId: payment.id, result: describe(payment) })
  }
  function take(payment: Payment): void {
    payment.status = 'captured'
    captures += 1
    note('capture', payment.amountMinor)
    tell(payment)
  }
  function approve(payment: Payment): void {
    if (payment.capture === 'now') return take(payment)
    payment.status = 'held'
    tell(payment)
  }
  const left = ({ amountMinor, refunds, dispute }: Payment): number =>
    dispute === 'opened' || dispute === 'lost'
      ? 0
      : amountMinor - refunds.filter(({ status }) => status !== 'failed').reduce((sum, one) => sum + one.amountMinor, 0)
  function tellRefund(payment: Payment, { id, refundId, amountMinor, status }: Refund): void {
    const about = { eventId: eventId(), orderId, intentId: payment.id, refundId, providerRefundId: id }
    events.push({ kind: 'refund', ...about, amount: money(amountMinor), status })
  }
  function giveBack(payment: Payment, refundId: string | null, amountMinor: number): Refund {
    const status = isPatient ? 'pending' : 'succeeded'
    const refund: Refund = { id: `re_${payment.id}_${payment.refunds.length}`, refundId, amountMinor, status }
    payment.refunds.push(refund)
    note('refund', -amountMinor)
    tellRefund(payment, refund)
    return refund
  }

  /** What the fault of this call makes of it. */
  function call<T>(work: () => T): Promise<T> {
    const current = fault
    fault = 'none'
    if (current === 'unreachable') return Promise.reject(new OutboundError('unreachable', 'away'))
    if (current === 'failed') return Promise.reject(new OutboundError('failed', '500'))
    try {
      const answer = work()
      return current === 'lost' ? Promise.reject(new OutboundError('unknown', 'reply lost')) : Promise.resolve(answer)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  const provider: PaymentProvider = {
    name: 'model',
    capturesLater: true,
    open: ({ amount, capture }) =>
      call(() => {
        const id = `pi_${payments.length}`
        payments.push({ id, capture, status: 'open', amountMinor: amount.amount, refunds: [], dispute: null })
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
            tell(payment)
          } else approve(payment)
        }
        return describe(payment)
      })
    },
    lookUp: (intentId) => call(() => describe(find(intentId))),
    capture: ({ intentId }) =>
      call(() => {
        const payment = find(intentId)
        if (payment.status === 'held') take(payment)
        return describe(payment)
      }),
    void: ({ intentId }) =>
      call(() => {
        const payment = find(intentId)
        if (payment.status !== 'captured' && payment.status !== 'voided') {
          payment.status = 'voided'
          tell(payment)
        }
        return describe(payment)
      }),
    refund: ({ intentId, refundId, amount, mayExist, key }) =>
      call(() => {
        const payment = find(intentId)
        const known =
          refundsByKey.get(key) ?? (mayExist ? payment.refunds.find((one) => one.refundId === refundId) : undefined)
        if (known === undefined && (payment.status !== 'captured' || amount.amount > left(payment))) {
          refusals += 1
          throw new PaymentRejectedError('charge_already_refunded')
        }
        const refund = known ?? giveBack(payment, refundId, amount.amount)
        refundsByKey.set(key, refund)
        return { providerRefundId: refund.id, status: refund.status }
      }),
    listMovements: () => Promise.reject(new Error('the test reads the books itself')),
    readWebhook: () => null,
    close: () => undefined,
  }

  /** What happens at the provider without our doing. */
  const happen = {
    bank(isApproved: boolean): void {
      for (const payment of payments) {
        if (payment.status !== 'bank') continue
        if (isApproved) approve(payment)
        else {
          payment.status = 'declined'
          tell(payment)
        }
      }
    },
    lapse(): void {
      for (const payment of payments) {
        if (payment.status !== 'held') continue
        payment.status = 'voided'
        tell(payment)
      }
    },
    refundsBecome(status: 'succeeded' | 'failed'): void {
      for (const payment of payments)
        for (const refund of payment.refunds) {
          if (refund.status === 'failed' || refund.status === status) continue
          refund.status = status
          if (status === 'failed') note('refund_failed', refund.amountMinor)
          tellRefund(payment, refund)
        }
    },
    refundElsewhere(amountMinor: number): void {
      const payment = payments.find((one) => one.status === 'captured' && left(one) >= amountMinor)
      if (payment !== undefined) giveBack(payment, null, amountMinor)
    },
    dispute(status: 'opened' | 'won' | 'lost'): void {
      const payment = payments.find((one) => one.status === 'captured' && left(one) > 0) ?? payments[0]
      if (payment?.status !== 'captured') return
      const isNext =
        status === 'opened' ? payment.dispute === null && payment.refunds.length === 0 : payment.dispute === 'opened'
      if (!isNext) return
      payment.dispute = status
      if (status === 'opened') note('dispute', -payment.amountMinor)
      if (status === 'won') note('dispute_won', payment.amountMinor)
      const about = { eventId: eventId(), orderId: null, intentId: payment.id, disputeId: `dp_${payment.id}` }
      const amount = money(payment.amountMinor)
      events.push({ kind: 'dispute', ...about, amount, feeMinor: disputeFeeMinor, reason: 'fraudulent', status })
    },
  }

  return {
    provider,
    happen,
    events,
    movements,
    /** Of the next call. */
    set fault(next: Fault) {
      fault = next
    },
    /** Whether refunds wait for the buyer's bank. */
    set isPatient(next: boolean) {
      isPatient = next
    },
    captures: () => captures,
    /** Refunds that it had to refuse: asked of it though nothing was left. */
    refusals: () => refusals,
    /** What it holds for us, and what of the buyer's money it has not given back. */
    held: () => payments.reduce((sum, { status, amountMinor }) => sum + (status === 'held' ? amountMinor : 0), 0),
    kept: () => movements.reduce((sum, { kind, amount }) => sum + (kind === 'hold' ? 0 : amount.amount), 0),
  }
}

import type Stripe from 'stripe'
import { expect, test } from 'vitest'
import { allMovements, eur, pay, startTestProvider } from './stripe.fixture.ts'
import { describeIntent, describeMovement } from './stripe-results.ts'

const hourMs = 3_600_000

test('the pages list each movement once and add up to the provider’s ledger', async () => {
  await using provider = await startTestProvider()
  const { payments } = provider
  const orders = Array.from({ length: 90 }, (_, n) => `order-${n}`)
  await Promise.all(orders.map((orderId, n) => pay(payments, { orderId, amount: eur(1_000 + n) })))
  await pay(payments, { orderId: 'dollars', amount: { amount: 5_000, currency: 'USD' } })
  await pay(payments, { orderId: 'held', capture: 'later' })
  const { data } = await provider.control<{ data: { id: string; currency: string; captured: number }[] }>(
    'GET',
    'ledger?limit=1000',
  )
  const paid = data.filter(({ captured, currency }) => captured > 0 && currency === 'eur').map(({ id }) => id)
  const [disputed = '', failing = ''] = paid
  for (const intentId of paid.slice(1, 40)) {
    await payments.refund({ intentId, refundId: intentId, amount: eur(500), mayExist: false, key: intentId })
  }
  await provider.fault({ mode: 'fail_refund' })
  await payments.refund({ intentId: failing, refundId: 'f', amount: eur(100), mayExist: false, key: 'f' })
  const { id } = await provider.control<{ id: string }>('POST', 'disputes', { payment_intent: disputed })
  await provider.control('POST', `disputes/${id}/close`, { status: 'won' })

  const from = new Date(Date.now() - hourMs)
  const to = new Date(Date.now() + hourMs)
  const movements = await allMovements(payments, from, to)
  const byKind = Map.groupBy(movements, ({ kind }) => kind)
  expect(Object.fromEntries([...byKind].map(([kind, list]) => [kind, list.length]))).toEqual({
    capture: 91,
    refund: 40,
    refund_failed: 1,
    dispute: 1,
    dispute_won: 1,
  })
  expect(new Set(movements.map((movement) => movement.id)).size).toBe(movements.length)
  const { currencies } = await provider.control<{ currencies: Record<string, { fees: number; balance: number }> }>(
    'GET',
    'summary',
  )
  for (const currency of ['eur', 'usd']) {
    const inCurrency = movements.filter(({ amount }) => amount.currency === currency.toUpperCase())
    const fees = inCurrency.reduce((sum, { feeMinor }) => sum + feeMinor, 0)
    const gross = inCurrency.reduce((sum, { amount }) => sum + amount.amount, 0)
    expect({ fees, balance: gross - fees }).toEqual({
      fees: currencies[currency]?.fees,
      balance: currencies[currency]?.balance,
    })
  }

  const ofOrder = (orderId: string) => movements.filter((movement) => movement.orderId === orderId)
  expect(ofOrder('dollars')).toMatchObject([{ kind: 'capture', amount: { amount: 5_000, currency: 'USD' } }])
  expect(ofOrder('held')).toEqual([])
  const returned = movements.filter(({ intentId }) => intentId === failing)
  expect(returned.map(({ kind, amount }) => `${kind} ${amount.amount}`).toSorted()).toEqual([
    expect.stringMatching(/^capture 10\d\d$/),
    'refund -100',
    'refund -500',
    'refund_failed 100',
  ])
  expect(byKind.get('dispute')).toMatchObject([{ orderId: null, intentId: disputed, feeMinor: 1_500 }])
  expect(byKind.get('dispute_won')).toMatchObject([{ intentId: disputed, feeMinor: 0 }])
})

test('adjacent time ranges share no movement and miss none', async () => {
  await using provider = await startTestProvider()
  const { payments } = provider
  const before = Date.now()
  await pay(payments, { orderId: 'a' })
  await pay(payments, { orderId: 'b' })
  const whole = await allMovements(payments, new Date(before - hourMs), new Date(before + hourMs))
  expect(whole).toHaveLength(2)
  // The boundary lies within, just before and just after the second of the ledger entry.
  const at = whole[0]?.at.getTime() ?? 0
  for (const middleMs of [at - 1, at, at + 1, at + 500, at + 1_000]) {
    const middle = new Date(middleMs)
    const early = await allMovements(payments, new Date(before - hourMs), middle)
    const late = await allMovements(payments, middle, new Date(before + hourMs))
    for (const movement of early) expect(movement.at.getTime()).toBeLessThan(middleMs)
    for (const movement of late) expect(movement.at.getTime()).toBeGreaterThanOrEqual(middleMs)
    expect([...early, ...late].map(({ id }) => id).toSorted()).toEqual(whole.map(({ id }) => id).toSorted())
  }
})

test('an exchanged amount and its fee are reported in the payment’s currency', () => {
  const metadata = { order_id: 'o' }
  const charge = {
    object: 'charge',
    amount: 12_000,
    amount_captured: 10_000,
    currency: 'jpy',
    payment_intent: 'pi_1',
    metadata,
  }
  const transaction = { id: 'txn_1', type: 'charge', amount: 6_000, fee: 204, currency: 'eur', created: 1_700_000_000 }
  expect(describeMovement({ ...transaction, source: charge } as unknown as Stripe.BalanceTransaction)).toEqual({
    id: 'txn_1',
    kind: 'capture',
    orderId: 'o',
    intentId: 'pi_1',
    amount: { amount: 10_000, currency: 'JPY' },
    feeMinor: 340,
    at: new Date(1_700_000_000_000),
  })
  const refund = { ...charge, object: 'refund', amount: 5_000 }
  const out = { ...transaction, type: 'refund', amount: -2_990, fee: 0, source: refund }
  expect(describeMovement(out as unknown as Stripe.BalanceTransaction)).toMatchObject({
    kind: 'refund',
    amount: { amount: -5_000, currency: 'JPY' },
    feeMinor: 0,
  })
  const intent = {
    status: 'succeeded',
    amount_received: 10_000,
    currency: 'jpy',
    latest_charge: { ...charge, balance_transaction: transaction },
  }
  expect(describeIntent(intent as unknown as Stripe.PaymentIntent)).toMatchObject({
    amountMinor: 10_000,
    feeMinor: 340,
  })
})

test('a balance transaction about no payment has the kind `other`', () => {
  const payout = { id: 'txn_1', type: 'payout', amount: -500, fee: 0, currency: 'eur', created: 1, source: null }
  expect(describeMovement(payout as unknown as Stripe.BalanceTransaction)).toMatchObject({
    kind: 'other',
    orderId: null,
    intentId: null,
    amount: eur(-500),
  })
})

import { expect, test } from 'vitest'
import { testSandbox, type TestSandbox } from './sandbox.fixture.ts'

const order = { amount: 10_000, currency: 'eur', payment_method: 'pm_card_visa', confirm: true } as const
/** 2.9 % + 30. */
const cardFee = 320

const dispute = (sandbox: TestSandbox, intent: string, more: object = {}) =>
  sandbox.control<{ id: string; amount: number }>('POST', 'disputes', { payment_intent: intent, ...more })
const report = async (sandbox: TestSandbox) => (await sandbox.control<{ data: object[] }>('GET', 'ledger')).data[0]
const movements = async ({ stripe }: TestSandbox) =>
  (await stripe.balanceTransactions.list()).data.map(({ type, amount, fee }) => [type, amount, fee])

test('a dispute takes the unrefunded amount and a fee, and blocks further refunds', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  const paid = await stripe.paymentIntents.create(order)
  await stripe.refunds.create({ payment_intent: paid.id, amount: 1_000 })
  const { id, amount } = await dispute(sandbox, paid.id, { reason: 'product_not_received' })
  expect(amount).toBe(9_000)
  await expect(stripe.refunds.create({ payment_intent: paid.id })).rejects.toMatchObject({ code: 'charge_disputed' })
  await expect(dispute(sandbox, paid.id)).rejects.toThrow(/400.*disputed already/)
  expect(await report(sandbox)).toMatchObject({
    captured: 10_000,
    refunded: 1_000,
    disputed: 9_000,
    disputes: [{ id, amount: 9_000, status: 'needs_response', reason: 'product_not_received' }],
    fees: cardFee + 1_500,
    balance: -cardFee - 1_500,
  })
  expect(await movements(sandbox)).toEqual([
    ['adjustment', -9_000, 1_500],
    ['refund', -1_000, 0],
    ['charge', 10_000, cardFee],
  ])
  const charge = await stripe.charges.retrieve(paid.latest_charge as string)
  expect([charge.disputed, (await stripe.disputes.retrieve(id)).balance_transactions.length]).toEqual([true, 1])
})

test('a won dispute returns the amount without the fee, and allows refunds again', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  const paid = await stripe.paymentIntents.create(order)
  const { id } = await dispute(sandbox, paid.id)
  expect(await sandbox.control('POST', `disputes/${id}/close`, { status: 'won' })).toMatchObject({ status: 'won' })
  await expect(sandbox.control('POST', `disputes/${id}/close`, { status: 'lost' })).rejects.toThrow(/400.*won already/)
  expect(await report(sandbox)).toMatchObject({ disputed: 0, balance: 10_000 - cardFee - 1_500 })
  expect((await movements(sandbox))[0]).toEqual(['adjustment', 10_000, 0])
  expect(await stripe.refunds.create({ payment_intent: paid.id })).toMatchObject({ amount: 10_000 })
})

test('a lost dispute moves no further money', async () => {
  await using sandbox = await testSandbox()
  const paid = await sandbox.stripe.paymentIntents.create(order)
  const { id } = await dispute(sandbox, paid.id)
  const before = await movements(sandbox)
  await sandbox.control('POST', `disputes/${id}/close`, { status: 'lost' })
  expect(await movements(sandbox)).toEqual(before)
  expect(await report(sandbox)).toMatchObject({ disputed: 10_000 })
  expect(await sandbox.control('GET', 'summary')).toMatchObject({
    disputes: 1,
    currencies: { eur: { captured: 10_000, disputed: 10_000, fees: cardFee + 1_500, balance: -cardFee - 1_500 } },
  })
})

test('an uncaptured or fully refunded payment cannot be disputed', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  const held = await stripe.paymentIntents.create({ ...order, capture_method: 'manual' })
  await expect(dispute(sandbox, held.id)).rejects.toThrow(/400.*Nothing was captured/)
  const paid = await stripe.paymentIntents.create(order)
  await stripe.refunds.create({ payment_intent: paid.id })
  await expect(dispute(sandbox, paid.id)).rejects.toThrow(/400.*nothing is left/)
  await expect(sandbox.control('POST', 'disputes/du_none/close', { status: 'won' })).rejects.toThrow(/404/)
})

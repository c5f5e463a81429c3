import { expect, test } from 'vitest'
import { testSandbox } from './sandbox.fixture.ts'

const order = { amount: 1000, currency: 'usd', payment_method: 'pm_card_visa', confirm: true } as const

test('a pending refund settles, and the amount of a failed one can be refunded again', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  await sandbox.control('POST', 'faults', { mode: 'pend_refund', count: 2 })
  const { id: intent } = await stripe.paymentIntents.create(order)
  const first = await stripe.refunds.create({ payment_intent: intent, amount: 400 })
  const second = await stripe.refunds.create({ payment_intent: intent, amount: 600 })
  expect([first.status, second.status]).toEqual(['pending', 'pending'])
  await expect(stripe.refunds.create({ payment_intent: intent })).rejects.toMatchObject({
    code: 'charge_already_refunded',
  })
  const settle = (id: string, status: string) => sandbox.control('POST', `refunds/${id}/settle`, { status })
  await settle(first.id, 'succeeded')
  await settle(second.id, 'failed')
  await expect(settle(second.id, 'succeeded')).rejects.toThrow(/400.*is failed/)
  const read = await Promise.all([stripe.refunds.retrieve(first.id), stripe.refunds.retrieve(second.id)])
  expect(read.map(({ status }) => status)).toEqual(['succeeded', 'failed'])
  expect(await stripe.refunds.create({ payment_intent: intent })).toMatchObject({ amount: 600, status: 'succeeded' })
  const { data } = await stripe.balanceTransactions.list()
  expect(data.map(({ type, amount }) => [type, amount])).toEqual([
    ['refund', -600],
    ['refund_failure', 600],
    ['refund', -600],
    ['refund', -400],
    ['charge', 1000],
  ])
  expect(await sandbox.control('GET', 'ledger')).toMatchObject({
    data: [{ refunded: 1000, refunds: [{ status: 'succeeded' }, { status: 'failed' }, { status: 'succeeded' }] }],
  })
})

test('a refund that fails immediately leaves the payment unchanged', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  await sandbox.control('POST', 'faults', { mode: 'fail_refund', count: 1 })
  const { id: intent } = await stripe.paymentIntents.create(order)
  expect(await stripe.refunds.create({ payment_intent: intent })).toMatchObject({ status: 'failed', amount: 1000 })
  expect(await sandbox.control('GET', 'ledger')).toMatchObject({ data: [{ refunded: 0, balance: 1000 - 59 }] })
  expect(await stripe.refunds.create({ payment_intent: intent })).toMatchObject({ status: 'succeeded', amount: 1000 })
})

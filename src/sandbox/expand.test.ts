import { expect, test } from 'vitest'
import { testSandbox } from './sandbox.fixture.ts'

const order = { amount: 1000, currency: 'usd', payment_method: 'pm_card_visa', confirm: true } as const
const withFee = { ...order, expand: ['latest_charge.balance_transaction'] }

test('a response holds the expanded objects, and its replay holds them unchanged', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  const paid = await stripe.paymentIntents.create(withFee, { idempotencyKey: 'k' })
  expect(paid).toMatchObject({ latest_charge: { amount_refunded: 0, balance_transaction: { fee: 59, net: 941 } } })
  await stripe.refunds.create({ payment_intent: paid.id, amount: 100 })
  expect({ ...(await stripe.paymentIntents.create(withFee, { idempotencyKey: 'k' })) }).toEqual({ ...paid })
  await sandbox.restart()
  expect({ ...(await stripe.paymentIntents.create(withFee, { idempotencyKey: 'k' })) }).toEqual({ ...paid })
  const read = await stripe.paymentIntents.retrieve(paid.id, { expand: ['latest_charge'] })
  expect(read.latest_charge).toMatchObject({ amount_refunded: 100, balance_transaction: expect.any(String) })
})

test('a list expands each item, leaves null as null, and rejects unknown paths', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  await stripe.paymentIntents.create({ amount: 500, currency: 'usd' })
  const paid = await stripe.paymentIntents.create(order)
  const expanded = ['data.latest_charge.balance_transaction']
  const { data } = await stripe.paymentIntents.list({ expand: expanded })
  expect(data.map(({ latest_charge: charge }) => charge)).toMatchObject([{ balance_transaction: { fee: 59 } }, null])
  const movements = await stripe.balanceTransactions.list({ expand: ['data.source'] })
  expect(movements.data).toMatchObject([{ type: 'charge', source: { payment_intent: paid.id } }])
  await expect(stripe.paymentIntents.list({ expand: ['data.customer'] })).rejects.toMatchObject({ statusCode: 400 })
})

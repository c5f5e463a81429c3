import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestShop, unbalancedStock, type TestShop } from '#test'

/** A shop that captures a payment when it ships the order: PAYMENT_CAPTURE=fulfilment. */

let life: TestShop

beforeAll(async () => {
  life = await startTestShop({ PAYMENT_CAPTURE: 'fulfilment' })
})

afterAll(() => life[Symbol.asyncDispose]())

const movements = async (id: string): Promise<string[]> =>
  (await life.admin.get.query({ id })).ledger
    .filter(({ amount }) => amount.amount > 0)
    .map(({ kind, amount }) => (kind === 'fee' ? kind : `${kind} ${amount.amount}`))
    .toSorted()

test('a payment is held, and its stock reserved, until the first parcel; then it is captured once', async () => {
  const { access, sku, total } = await life.createPaidOrder(2)
  const { id } = access
  expect(await life.order(access)).toMatchObject({ status: 'paid', paymentStatus: 'authorised', paymentDeadline: null })
  expect(await life.ledgerOf(id)).toMatchObject([{ captured: 0 }])
  expect((await life.stockOf(sku))?.reserved).toBe(2)
  expect(await movements(id)).toEqual([`hold ${total}`])
  for (const _ of [1, 2])
    await life.admin.fulfil.mutate({ id, idempotencyKey: randomUUID(), lines: [{ sku, quantity: 1 }] })
  await life.until(async () => (await life.order(access)).paymentStatus === 'captured')
  expect(await life.order(access)).toMatchObject({ status: 'fulfilled' })
  expect(await life.ledgerOf(id)).toMatchObject([{ captured: total, captures: 1 }])
  expect((await life.stockOf(sku))?.reserved).toBe(0)
  expect(await movements(id)).toEqual([`capture ${total}`, 'fee', `hold ${total}`, `hold_released ${total}`])
})

test('a cancelled order releases the hold: nothing is captured, the stock is available again', async () => {
  const { access, sku, total } = await life.createPaidOrder(1)
  await life.ada.client.order.cancel.mutate(access)
  await life.until(async () => (await life.order(access)).status === 'cancelled')
  expect(await life.order(access)).toMatchObject({ paymentStatus: 'voided' })
  expect(await life.ledgerOf(access.id)).toMatchObject([{ captured: 0 }])
  expect((await life.stockOf(sku))?.reserved).toBe(0)
  expect(await movements(access.id)).toEqual([`hold ${total}`, `hold_released ${total}`])
})

test('concurrent cancel and capture end in one of them, never in money without an order', async () => {
  const { access, total } = await life.createPaidOrder(1)
  const { id } = access
  await life.fleet.setFault({ mode: 'lose_reply', operation: 'capture', count: 1 })
  await Promise.all([
    life.admin.capture.mutate({ id, idempotencyKey: randomUUID() }),
    life.ada.client.order.cancel.mutate(access),
  ]).catch(() => undefined)
  const finalStatuses = ['cancelled', 'paid']
  await life.until(async () => {
    const { status, paymentStatus } = await life.order(access)
    return finalStatuses.includes(status) && paymentStatus !== 'authorised'
  })
  const [payment] = await life.ledgerOf(id)
  const { status } = await life.order(access)
  expect((payment?.captured ?? 0) - (payment?.refunded ?? 0)).toBe(status === 'paid' ? total : 0)
  expect(await unbalancedStock(life.fleet)).toEqual([])
})

test('a provider that loses the reply to the capture has captured once', async () => {
  const { access } = await life.createPaidOrder(1)
  await life.fleet.setFault({ mode: 'lose_reply', operation: 'capture', count: 1 })
  await life.admin.fulfil.mutate({ id: access.id, idempotencyKey: randomUUID() })
  await life.until(async () => (await life.order(access)).paymentStatus === 'captured')
  expect(await life.ledgerOf(access.id)).toMatchObject([{ captures: 1 }])
})

test('the ledger and the books of the provider agree after all of these orders', async () => {
  await life.untilWebhooksDelivered()
  const { id } = await life.admin.reconciliation.run.mutate({ to: new Date(Date.now() + 1_000).toISOString() })
  await life.until(() => life.admin.reconciliation.get.query({ id }).then(() => true))
  expect((await life.admin.reconciliation.get.query({ id })).differences).toEqual([])
})

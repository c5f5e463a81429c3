import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLife, stockThatDoesNotAddUp, type Life } from '#test'

/** A shop that takes money when it sends: PAYMENT_CAPTURE=fulfilment. */

let life: Life

beforeAll(async () => {
  life = await openLife({ PAYMENT_CAPTURE: 'fulfilment' })
})

afterAll(() => life[Symbol.asyncDispose]())

const movements = async (id: string): Promise<string[]> =>
  (await life.admin.get.query({ id })).ledger
    .filter(({ amount }) => amount.amount > 0)
    .map(({ kind, amount }) => (kind === 'fee' ? kind : `${kind} ${amount.amount}`))
    .toSorted()

test('money is held until the first parcel, then captured whole, once; until then the stock stays reserved', async () => {
  const { access, sku, total } = await life.paid(2)
  const { id } = access
  expect(await life.order(access)).toMatchObject({ status: 'paid', paymentStatus: 'authorised', paymentDeadline: null })
  expect(await life.atProvider(id)).toMatchObject([{ captured: 0 }])
  expect((await life.stockOf(sku))?.reserved).toBe(2)
  expect(await movements(id)).toEqual([`hold ${total}`])
  for (const _ of [1, 2])
    await life.admin.fulfil.mutate({ id, idempotencyKey: randomUUID(), lines: [{ sku, quantity: 1 }] })
  await life.until(async () => (await life.order(access)).paymentStatus === 'captured')
  expect(await life.order(access)).toMatchObject({ status: 'fulfilled' })
  expect(await life.atProvider(id)).toMatchObject([{ captured: total, captures: 1 }])
  expect((await life.stockOf(sku))?.reserved).toBe(0)
  expect(await movements(id)).toEqual([`capture ${total}`, 'fee', `hold ${total}`, `hold_released ${total}`])
})

test('a cancelled order lets the money go: nothing was captured, the stock is back', async () => {
  const { access, sku, total } = await life.paid(1)
  await life.ada.client.order.cancel.mutate(access)
  await life.until(async () => (await life.order(access)).status === 'cancelled')
  expect(await life.order(access)).toMatchObject({ paymentStatus: 'voided' })
  expect(await life.atProvider(access.id)).toMatchObject([{ captured: 0 }])
  expect((await life.stockOf(sku))?.reserved).toBe(0)
  expect(await movements(access.id)).toEqual([`hold ${total}`, `hold_released ${total}`])
})

test('cancelling at once with capturing ends in one of both, and never in money without an order', async () => {
  const { access, total } = await life.paid(1)
  const { id } = access
  await life.fleet.fault({ mode: 'lose_reply', operation: 'capture', count: 1 })
  await Promise.all([
    life.admin.capture.mutate({ id, idempotencyKey: randomUUID() }),
    life.ada.client.order.cancel.mutate(access),
  ]).catch(() => undefined)
  const isOver = ['cancelled', 'paid']
  await life.until(async () => {
    const { status, paymentStatus } = await life.order(access)
    return isOver.includes(status) && paymentStatus !== 'authorised'
  })
  const [entry] = await life.atProvider(id)
  const { status } = await life.order(access)
  expect((entry?.captured ?? 0) - (entry?.refunded ?? 0)).toBe(status === 'paid' ? total : 0)
  expect(await stockThatDoesNotAddUp(life.fleet)).toEqual([])
})

test('a provider that loses the reply to the capture has captured once', async () => {
  const { access } = await life.paid(1)
  await life.fleet.fault({ mode: 'lose_reply', operation: 'capture', count: 1 })
  await life.admin.fulfil.mutate({ id: access.id, idempotencyKey: randomUUID() })
  await life.until(async () => (await life.order(access)).paymentStatus === 'captured')
  expect(await life.atProvider(access.id)).toMatchObject([{ captures: 1 }])
})

test('both books agree after all of it', async () => {
  await life.settledWebhooks()
  const { id } = await life.admin.reconciliation.run.mutate({ to: new Date(Date.now() + 1_000).toISOString() })
  await life.until(() => life.admin.reconciliation.get.query({ id }).then(() => true))
  expect((await life.admin.reconciliation.get.query({ id })).differences).toEqual([])
})

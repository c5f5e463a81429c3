import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestShop, type TestShop } from '#test'

/** Staff's work on orders: finding them, cancelling all or part, paying back what failed. One server, one worker. */

let life: TestShop

beforeAll(async () => {
  life = await startTestShop()
})

afterAll(() => life[Symbol.asyncDispose]())

const key = (): string => randomUUID()
const readEmail = (name: string): Promise<string> =>
  readFile(`${life.fleet.env['DATA_DIR']}/emails/${name}.eml`, 'utf8')

describe('staff', () => {
  test('find orders by states, number and time; buyers do not see their notes', async () => {
    const { admin } = life
    const { access } = await life.createPaidOrder(1)
    const { number, placedAt } = await life.order(access)
    await admin.note.mutate({ id: access.id, idempotencyKey: key(), text: 'called about the colour' })
    expect(JSON.stringify(await life.order(access))).not.toContain('colour')
    const order = await admin.get.query({ id: access.id })
    expect(order.timeline.at(-1)).toMatchObject({ detail: 'called about the colour', by: 'staff', isInternal: true })
    expect(order.timeline.at(-1)?.userId).toMatch(/^[0-9a-f-]{36}$/)
    const ids = async (filter: Parameters<typeof admin.list.query>[0]): Promise<string[]> =>
      (await admin.list.query({ ...filter, number: number.toLowerCase() })).items.map(({ id }) => id)
    expect(await ids({ status: 'paid', paymentStatus: 'captured', fulfilmentStatus: 'unfulfilled' })).toEqual([
      access.id,
    ])
    expect(await ids({ placedFrom: placedAt })).toEqual([access.id])
    expect(await ids({ status: 'cancelled' })).toEqual([])
    expect(await ids({ placedTo: placedAt })).toEqual([])
  })

  test('cancel with a reason for staff and a message for the buyer', async () => {
    const { access } = await life.createPaidOrder(1)
    const texts = { reason: 'suspected fraud', message: 'We cannot deliver this.' }
    await life.admin.cancel.mutate({ id: access.id, idempotencyKey: key(), ...texts })
    await life.until(async () => (await life.order(access)).status === 'cancelled')
    const shown = await life.order(access)
    expect(shown.timeline).toContainEqual(
      expect.objectContaining({ event: 'cancel_requested', by: 'staff', detail: texts.message }),
    )
    expect(JSON.stringify(shown)).not.toContain(texts.reason)
    expect((await life.admin.get.query({ id: access.id })).timeline).toContainEqual(
      expect.objectContaining({ event: 'cancel_requested', note: texts.reason }),
    )
  })

  test('cancel the unsent lines of an order, and refund by line, with the records kept', async () => {
    const { admin } = life
    const { access, sku, total } = await life.createPaidOrder(3)
    const { id } = access
    const reason = 'broken in the warehouse'
    const request = () => ({ id, idempotencyKey: key(), reason })
    await admin.fulfil.mutate({ id, idempotencyKey: key(), lines: [{ sku, quantity: 1 }] })
    const before = await life.stockOf(sku)
    await admin.cancelLines.mutate({ ...request(), lines: [{ sku, quantity: 1 }] })
    const cancelled = await admin.cancelLines.mutate({ ...request(), refundShipping: true })
    expect(cancelled).toMatchObject({
      status: 'fulfilled',
      fulfilmentStatus: 'fulfilled',
      cancellations: [{ lines: [{ sku, quantity: 1 }] }, { lines: [{ sku, quantity: 1 }] }],
    })
    expect(await life.stockOf(sku)).toEqual({ available: (before?.available ?? 0) + 2, reserved: 0 })
    await life.until(async () => (await life.order(access)).refunds.every(({ status }) => status === 'succeeded'))
    const back = { ...request(), lines: [{ sku, quantity: 1, restock: true }], refundLines: true }
    await admin.return.mutate(back)
    await life.until(async () => (await life.order(access)).status === 'closed')
    const order = await admin.get.query({ id })
    expect(order.refunds.reduce((sum, { amount }) => sum + amount.amount, 0)).toBe(total)
    expect(order.refunds.map(({ lines }) => lines)).toEqual([1, 1, 1].map((quantity) => [{ sku, quantity }]))
    expect(order.cancellations).toMatchObject([{ reason }, { reason }])
    await life.until(async () => (await readEmail(`order-${id}.lines_cancelled-${order.cancellations[0]?.id}`)) !== '')
  })

  test('find disputed orders and refunds that failed, and pay them back after the order has ended', async () => {
    const { admin } = life
    const { access, intentId } = await life.createPaidOrder(1)
    const { id } = access
    const found = async (attention: 'disputed' | 'refund_failed' | 'any') =>
      (await admin.list.query({ attention, limit: 100 })).items.find((order) => order.id === id)?.attention ?? null
    const dispute = await life.controlSandbox<{ id: string }>('disputes', { payment_intent: intentId })
    await life.until(async () => (await found('disputed')) !== null)
    await expect(admin.fulfil.mutate({ id, idempotencyKey: key() })).rejects.toThrow('disputes this payment')
    await life.controlSandbox(`disputes/${dispute.id}/close`, { status: 'won' })
    await life.until(async () => (await found('disputed')) === null)

    await life.fleet.setFault({ mode: 'fail_refund' })
    await admin.cancel.mutate({ id, idempotencyKey: key(), reason: 'test' })
    await life.until(async () => (await found('refund_failed'))?.length === 1)
    await life.clearFaults()
    const { refunds } = await admin.get.query({ id })
    const request = { id, idempotencyKey: key(), reason: 'by bank transfer', failedRefundId: refunds[0]?.id }
    await admin.refund.mutate({ ...request, method: 'outside' })
    expect(await life.order(access)).toMatchObject({ status: 'cancelled', paymentStatus: 'refunded' })
    expect(await found('any')).toBeNull()
    expect((await admin.get.query({ id })).ledger).toContainEqual(
      expect.objectContaining({ kind: 'refund_outside', account: 'bank' }),
    )
  })
})

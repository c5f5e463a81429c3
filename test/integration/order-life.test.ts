import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outputs } from '#client'
import { startTestShop, type TestShop } from '#test'

/** The life of a paid order: fulfilment, returns, refunds, disputes, reconciliation. One server, one worker. */

let life: TestShop

beforeAll(async () => {
  life = await startTestShop()
})

afterAll(() => life[Symbol.asyncDispose]())

const key = (): string => randomUUID()
const usd = (amount: number) => ({ amount, currency: 'USD' })
const events = (order: { timeline: { event: string }[] }): string[] => order.timeline.map(({ event }) => event)
const readEmail = (name: string): Promise<string> =>
  readFile(`${life.fleet.env['DATA_DIR']}/emails/${name}.eml`, 'utf8')

describe('fulfilment', () => {
  test('in parts shows each parcel to the buyer, sends an email, and ends cancellation', async () => {
    const { admin } = life
    const { access, sku } = await life.createPaidOrder(2)
    const first = await admin.fulfil.mutate({
      id: access.id,
      idempotencyKey: key(),
      lines: [{ sku, quantity: 1 }],
      carrier: 'DHL',
      trackingNumber: '00340434',
      trackingUrl: 'https://dhl.example/00340434',
    })
    expect(first).toMatchObject({ status: 'paid', fulfilmentStatus: 'partial', fulfilments: [{ carrier: 'DHL' }] })
    await expect(life.ada.client.order.cancel.mutate(access)).rejects.toMatchObject({
      data: { error: 'order_state' },
      message: 'Part of the order has been sent. Cancel the lines that were not sent, and take back the others.',
    })
    await admin.fulfil.mutate({ id: access.id, idempotencyKey: key() })
    const order = await life.order(access)
    expect(order).toMatchObject({ status: 'fulfilled', fulfilmentStatus: 'fulfilled' })
    expect(order.fulfilments.map(({ lines }) => lines)).toEqual([[{ sku, quantity: 1 }], [{ sku, quantity: 1 }]])
    await life.until(async () => (await readEmail(`order-${access.id}.shipped-${order.fulfilments[0]?.id}`)) !== '')
    await expect(admin.fulfil.mutate({ id: access.id, idempotencyKey: key() })).rejects.toThrow('sent already')
  })

  test('of a cancelled order is rejected', async () => {
    const { access } = await life.createPaidOrder(1)
    await life.ada.client.order.cancel.mutate(access)
    await expect(life.admin.fulfil.mutate({ id: access.id, idempotencyKey: key() })).rejects.toMatchObject({
      data: { error: 'order_state' },
    })
  })
})

describe('a return', () => {
  test('restocks and refunds as stated, and closes an order that came back whole', async () => {
    const { admin } = life
    const { access, sku, total } = await life.createPaidOrder(2)
    const { id } = access
    await admin.fulfil.mutate({ id, idempotencyKey: key() })
    const before = await life.stockOf(sku)
    const broken = [{ sku, quantity: 1, restock: false }]
    await admin.return.mutate({ id, idempotencyKey: key(), lines: broken, reason: 'broken', refund: usd(100) })
    expect(await life.stockOf(sku)).toEqual(before)
    await life.until(async () => (await life.order(access)).paymentStatus === 'partially_refunded')
    const good = [{ sku, quantity: 1, restock: true }]
    const back = { id, idempotencyKey: key(), lines: good, reason: 'does not fit', refund: usd(total - 100) }
    await Promise.all([admin.return.mutate(back), admin.return.mutate(back)])
    await life.until(async () => (await life.order(access)).status === 'closed')
    expect(await life.order(access)).toMatchObject({ paymentStatus: 'refunded', fulfilmentStatus: 'returned' })
    expect(await life.stockOf(sku)).toEqual({ available: (before?.available ?? 0) + 1, reserved: 0 })
    const order = await admin.get.query({ id })
    expect(order.refunds).toMatchObject([{ status: 'succeeded' }, { status: 'succeeded' }])
    await expect(admin.refund.mutate({ id, idempotencyKey: key(), reason: 'more' })).rejects.toThrow(
      'Nothing is left to refund',
    )
    await life.until(async () => (await readEmail(`order-${id}.refunded-${order.refunds[0]?.id}`)) !== '')
  })
})

test('an order that can no longer be returned is closed', async () => {
  const { access } = await life.createPaidOrder(1)
  await life.admin.fulfil.mutate({ id: access.id, idempotencyKey: key() })
  await life.fleet.query(`update "order".orders set last_sent_at = now() - interval '61 days' where id = $1`, [
    access.id,
  ])
  await life.until(async () => {
    // Each time again: a run that is under way replaces the message by one that is due later.
    await life.fleet.query(`update actor.mailbox set due_at = now() where kind = 'housekeeping'`)
    return (await life.order(access)).status === 'closed'
  })
  const back = {
    id: access.id,
    idempotencyKey: key(),
    lines: [{ sku: 'any', quantity: 1, restock: true }],
    reason: 'late',
  }
  await expect(life.admin.return.mutate(back)).rejects.toThrow('closed')
})

describe('a refund', () => {
  test('above the captured amount, in another currency, or twice concurrently is rejected', async () => {
    const { admin } = life
    const { access, total } = await life.createPaidOrder(1)
    const { id } = access
    const ask = (more: object) => admin.refund.mutate({ id, idempotencyKey: key(), reason: 'sorry', ...more })
    await expect(ask({ amount: usd(total + 1) })).rejects.toMatchObject({ data: { error: 'order_state' } })
    await expect(ask({ amount: { amount: 1, currency: 'EUR' } })).rejects.toMatchObject({
      data: { error: 'bad_input' },
    })
    for (const amount of [0, -1, 0.5])
      await expect(ask({ amount: usd(amount) })).rejects.toMatchObject({ data: { error: 'bad_input' } })
    const both = await Promise.allSettled([ask({ amount: usd(total) }), ask({ amount: usd(total) })])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    await life.until(async () => (await life.order(access)).paymentStatus === 'refunded')
    expect(await life.ledgerOf(id)).toMatchObject([{ captured: total, refunded: total }])
  })

  test.each([
    ['1 character', 'k'],
    ['255 characters', 'k'.repeat(255)],
    ['Unicode', '退款🧾 ключ \u202Eabc'],
    ['control characters', 'a\u0001\u007F\t\nb'],
  ])('requested ten times concurrently with one key of %s is made once', async (_, idempotencyKey) => {
    const { access } = await life.createPaidOrder(1)
    const ask = () => life.admin.refund.mutate({ id: access.id, idempotencyKey, amount: usd(50), reason: 'sorry' })
    const replies = await Promise.all(Array.from({ length: 10 }, ask))
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1)
    await life.until(async () => (await life.order(access)).paymentStatus === 'partially_refunded')
    expect(await life.ledgerOf(access.id)).toMatchObject([{ refunded: 50 }])
    const other = { id: access.id, idempotencyKey, amount: usd(51), reason: 'sorry' }
    await expect(life.admin.refund.mutate(other)).rejects.toMatchObject({ data: { error: 'idempotency_mismatch' } })
  })

  test.each([0, 256, 10_000])('with a key of %d characters is rejected by name', async (length) => {
    const { access } = await life.createPaidOrder(1)
    const request = { id: access.id, idempotencyKey: 'k'.repeat(length), reason: 'sorry' }
    await expect(life.admin.refund.mutate(request)).rejects.toMatchObject({
      data: { error: 'bad_input', issues: [{ field: 'idempotencyKey' }] },
    })
  })

  test.each([
    { mode: 'lose_reply', operation: 'refund', count: 1 },
    { mode: 'fail', operation: 'refund', count: 2 },
  ])('at a provider that is $mode is made once', async (fault) => {
    const { access } = await life.createPaidOrder(1)
    await life.fleet.setFault(fault)
    await life.admin.refund.mutate({ id: access.id, idempotencyKey: key(), amount: usd(70), reason: 'sorry' })
    await life.until(async () => (await life.order(access)).paymentStatus === 'partially_refunded')
    expect(await life.ledgerOf(access.id)).toMatchObject([{ refunded: 70 }])
  })

  test('that the bank sends back counts as captured money again', async () => {
    const { access, total } = await life.createPaidOrder(1)
    await life.fleet.setFault({ mode: 'fail_refund' })
    await life.admin.refund.mutate({ id: access.id, idempotencyKey: key(), reason: 'sorry' })
    await life.until(async () => (await life.order(access)).refunds[0]?.status === 'failed')
    await life.clearFaults()
    await life.admin.refund.mutate({ id: access.id, idempotencyKey: key(), reason: 'again' })
    await life.until(async () => (await life.order(access)).paymentStatus === 'refunded')
    expect(await life.ledgerOf(access.id)).toMatchObject([{ captured: total, refunded: total }])
  })
})

describe('webhooks', () => {
  test('delivered twice and out of order move an order forward once', async () => {
    await life.fleet.setFault({ mode: 'duplicate_webhook', forMs: 4_000 })
    await life.addFault({ mode: 'reorder_webhook', delayMs: 800, forMs: 4_000 })
    const { access, intentId } = await life.createPaidOrder(1)
    await life.admin.refund.mutate({ id: access.id, idempotencyKey: key(), amount: usd(10), reason: 'sorry' })
    await life.until(async () => (await life.order(access)).paymentStatus === 'partially_refunded')
    const dispute = await life.controlSandbox<{ id: string }>('disputes', { payment_intent: intentId })
    await life.controlSandbox(`disputes/${dispute.id}/close`, { status: 'won' })
    await life.until(async () => (await life.admin.get.query({ id: access.id })).disputes[0]?.status === 'won')
    await life.untilWebhooksDelivered()
    const order = await life.admin.get.query({ id: access.id })
    expect(events(order).filter((event) => event === 'paid' || event === 'refunded')).toEqual(['paid', 'refunded'])
    expect(order.disputes).toHaveLength(1)
    const kinds = order.ledger.filter(({ account }) => account === 'provider').map(({ kind }) => kind)
    expect(kinds.toSorted()).toEqual(['capture', 'dispute', 'dispute_won', 'fee', 'fee', 'refund'])
  })

  test("report refunds made on the provider's own pages", async () => {
    const { access, intentId } = await life.createPaidOrder(1)
    await life.callProvider('refunds', { payment_intent: intentId, amount: '123' })
    await life.until(async () => (await life.order(access)).paymentStatus === 'partially_refunded')
    expect((await life.admin.get.query({ id: access.id })).refunds).toMatchObject([{ reason: 'made_at_provider' }])
  })

  test('that never arrive are not needed: the result of a bank confirmation is looked up', async () => {
    await life.fleet.setFault({ mode: 'drop_webhook', forMs: 30_000 })
    const { access, sku } = await life.createOrder('pm_card_authenticationRequired')
    await life.until(async () => (await life.order(access)).paymentStatus === 'requires_action')
    expect((await life.order(access)).paymentActionUrl).toContain('http')
    const intentId = await life.intentOf(access.id)
    await life.controlSandbox(`payment_intents/${intentId}/authenticate`, { outcome: 'authorise' })
    await life.until(async () => (await life.order(access)).status === 'paid')
    expect((await life.stockOf(sku))?.reserved).toBe(0)
    await life.clearFaults()
  })
})

describe('3-D Secure', () => {
  test('confirmed by the buyer at the bank pays the order', async () => {
    const { access } = await life.createOrder('pm_card_authenticationRequired')
    await life.until(async () => (await life.order(access)).paymentStatus === 'requires_action')
    const intentId = await life.intentOf(access.id)
    await life.controlSandbox(`payment_intents/${intentId}/authenticate`, { outcome: 'authorise' })
    await life.until(async () => (await life.order(access)).status === 'paid')
    expect(await life.ledgerOf(access.id)).toMatchObject([{ captures: 1 }])
  })

  test('that fails is a decline, and another card pays the order', async () => {
    const { access } = await life.createOrder('pm_card_authenticationRequired')
    await life.until(async () => (await life.order(access)).paymentStatus === 'requires_action')
    await life.controlSandbox(`payment_intents/${await life.intentOf(access.id)}/authenticate`, { outcome: 'fail' })
    await life.until(async () => (await life.order(access)).paymentStatus === 'declined')
    const payment = { methodId: 'card', token: 'pm_card_visa' }
    await life.ada.client.order.pay.mutate({ ...access, idempotencyKey: key(), payment })
    await life.until(async () => (await life.order(access)).status === 'paid')
    expect(await life.ledgerOf(access.id)).toMatchObject([{ captures: 1 }])
  })

  test('that is never confirmed can be cancelled, and nothing is charged afterwards', async () => {
    const { access, sku } = await life.createOrder('pm_card_authenticationRequired')
    await life.until(async () => (await life.order(access)).paymentStatus === 'requires_action')
    const request = { ...access, idempotencyKey: key() }
    await Promise.all([life.ada.client.order.cancel.mutate(request), life.ada.client.order.cancel.mutate(request)])
    await life.until(async () => (await life.order(access)).status === 'cancelled')
    expect(await life.order(access)).toMatchObject({ paymentStatus: 'voided' })
    expect(events(await life.order(access)).filter((event) => event === 'cancel_requested')).toHaveLength(1)
    expect((await life.stockOf(sku))?.reserved).toBe(0)
  })
})

describe('the ledger', () => {
  test('is append-only, and rejects entries that do not balance', async () => {
    const { access } = await life.createPaidOrder(1)
    const entry = (amount: number) =>
      life.fleet.query(
        `insert into "order".ledger_entry values ($1, 'capture:x', 'provider', 'capture', 'USD', $2, now()), ($1, 'capture:x', 'sales', 'capture', 'USD', -100, now())`,
        [access.id, amount],
      )
    await expect(entry(99)).rejects.toThrow('do not balance')
    await expect(life.fleet.query('update "order".ledger_entry set amount_minor = 0')).rejects.toThrow('append-only')
    await expect(life.fleet.query('delete from "order".ledger_entry')).rejects.toThrow('append-only')
  })
})

describe('reconciliation', () => {
  const report = async (): Promise<Outputs['order']['admin']['reconciliation']['get']> => {
    const { reconciliation } = life.admin
    const { id } = await reconciliation.run.mutate({ to: new Date(Date.now() + 1_000).toISOString() })
    await life.until(() => reconciliation.get.query({ id }).then(() => true))
    expect((await reconciliation.list.query()).items[0]?.id).toBe(id)
    return reconciliation.get.query({ id })
  }

  test('finds no difference after the tests above, and each planted difference on either side', async () => {
    await life.clearFaults()
    await life.untilWebhooksDelivered()
    const clean = await report()
    expect(clean.differences).toEqual([])
    expect(clean.here).toBeGreaterThan(10)

    const { access, total } = await life.createPaidOrder(1)
    await life.fleet.query(
      `insert into "order".ledger_entry values ($1, 'refund:planted', 'refunds', 'refund', 'USD', 7, now()), ($1, 'refund:planted', 'provider', 'refund', 'USD', -7, now())`,
      [access.id],
    )
    await life.fleet.setFault({ mode: 'drop_webhook', forMs: 60_000 })
    await life.callProvider('payment_intents', {
      amount: '999',
      currency: 'usd',
      confirm: 'true',
      payment_method: 'pm_card_visa',
      'metadata[order_id]': access.id,
      'automatic_payment_methods[enabled]': 'true',
      'automatic_payment_methods[allow_redirects]': 'never',
    })
    const { differences } = await report()
    expect(total).not.toBe(999)
    expect(differences).toHaveLength(2)
    expect(differences).toContainEqual(
      expect.objectContaining({ kind: 'missing_there', orderId: access.id, here: usd(-7), there: null }),
    )
    expect(differences).toContainEqual(
      expect.objectContaining({ kind: 'missing_here', orderId: access.id, here: null, there: usd(999) }),
    )
  })

  test('is scheduled once, however many programs start', async () => {
    await using _ = await life.fleet.start(['worker'])
    const rows = await life.fleet.query(
      `select 1 from actor.mailbox where kind = 'reconciliation' and actor_id = 'shop'`,
    )
    expect(rows).toHaveLength(1)
  })
})

test('a webhook ahead of our own commit is kept until the order knows its payment', async () => {
  await life.fleet.setFault({ mode: 'down', forMs: 60_000 })
  const { access, total } = await life.createOrder('pm_card_visa')
  const intent = {
    id: 'pi_early',
    object: 'payment_intent',
    status: 'succeeded',
    amount_received: total,
    currency: 'usd',
    metadata: { order_id: access.id },
  }
  const body = JSON.stringify({
    id: 'evt_early',
    object: 'event',
    type: 'payment_intent.succeeded',
    data: { object: intent },
  })
  for (const _ of [1, 2]) expect(await life.sendWebhook(body)).toBe(200)
  expect(await life.order(access)).toMatchObject({ status: 'placed' })
  await life.fleet.query(`update "order".payment set intent_id = 'pi_early' where order_id = $1`, [access.id])
  await life.until(async () => (await life.order(access)).status === 'paid')
  expect(events(await life.order(access)).filter((event) => event === 'paid')).toEqual(['paid'])
})

import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { TRPCClientError } from '@trpc/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClient, type Client } from '#client'
import { createBuyer, homeAddress, startFleet, unbalancedStock, waitFor, type Buyer, type Fleet } from '#test'

/** Guarantees to a buyer at checkout: one server, one worker. */

let fleet: Fleet
let url: string
let ada: Buyer
let staff: Client

beforeAll(async () => {
  fleet = await startFleet({ env: { PAYMENT_DEADLINE_SECONDS: '6', PAYMENT_TIMEOUT_MS: '2000' } })
  const [server] = await Promise.all([fleet.start(['serve']), fleet.start(['worker'])])
  url = server.url()
  ada = createBuyer(url)
  const { token } = await createClient({ url }).user.login.mutate({
    email: 'staff@example.com',
    password: 'demo-staff',
  })
  staff = createClient({ url, token: () => token })
})

afterAll(() => fleet[Symbol.asyncDispose]())

const skuWith = async (quantity: number): Promise<string> => {
  const [row] = await fleet.query<{ sku: string; available: number }>(
    'select sku, available from product.stock where reserved = 0 and available > 0 order by random() limit 1',
  )
  if (row === undefined) throw new Error('no stock')
  if (row.available !== quantity)
    await staff.product.admin.adjustStock.mutate({
      sku: row.sku,
      delta: quantity - row.available,
      reason: 'a test wants just so many',
    })
  return row.sku
}

const backordersOf = async (sku: string) =>
  (await fleet.query('select available, reserved, backordered from product.stock where sku = $1', [sku]))[0]

async function placed(sku: string, token = 'pm_card_visa') {
  const answer = await ada.place(await ada.createCart([{ sku, quantity: 1 }]), { payment: { methodId: 'card', token } })
  if (answer.outcome !== 'placed') throw new Error(`refused: ${answer.reason}`)
  return { id: answer.order.id, accessToken: answer.accessToken }
}

const order = (access: { id: string; accessToken: string }) => ada.client.order.get.query(access)
const until = async (access: { id: string; accessToken: string }, what: string, timeoutMs = 15_000) =>
  waitFor(async () => Object.values(await order(access)).includes(what), { timeoutMs, what: `the order to be ${what}` })

const stockOf = async (sku: string) =>
  (
    await fleet.query<{ available: number; reserved: number }>(
      'select available, reserved from product.stock where sku = $1',
      [sku],
    )
  )[0]

describe('stock', () => {
  test('100 concurrent buyers of the last 10 units: 10 orders are placed, 90 are sold_out', async () => {
    const sku = await skuWith(10)
    const carts = await Promise.all(Array.from({ length: 100 }, () => ada.createCart([{ sku, quantity: 1 }])))
    const answers = await Promise.all(carts.map((cartId) => ada.place(cartId)))
    const outcomes = answers.map((answer) => (answer.outcome === 'placed' ? 'placed' : answer.reason))
    expect(Map.groupBy(outcomes, (outcome) => outcome).get('placed')).toHaveLength(10)
    expect(Map.groupBy(outcomes, (outcome) => outcome).get('sold_out')).toHaveLength(90)
    expect(answers.find(({ outcome }) => outcome === 'refused')).toMatchObject({
      lines: [{ sku, requested: 1, available: 0 }],
    })
    await waitFor(async () => (await stockOf(sku))?.reserved === 0, { timeoutMs: 15_000, what: 'the ten to be paid' })
    expect(await stockOf(sku)).toEqual({ available: 0, reserved: 0 })
    expect(await unbalancedStock(fleet)).toEqual([])
  })

  test('a sold_out cart stays usable: with a lower quantity it can be placed', async () => {
    const sku = await skuWith(2)
    const cartId = await ada.createCart([{ sku, quantity: 3 }])
    expect(await ada.place(cartId)).toEqual({
      outcome: 'refused',
      reason: 'sold_out',
      lines: [{ sku, requested: 3, available: 2 }],
    })
    await ada.client.order.cart.setLine.mutate({ cartId, sku, quantity: 2 })
    expect(await ada.place(cartId)).toMatchObject({ outcome: 'placed' })
  })
})

describe('a repeated order.place', () => {
  test('sent 20 times concurrently with one key makes one order and 20 equal replies', async () => {
    const cartId = await ada.createCart([{ sku: await skuWith(30), quantity: 1 }])
    const request = { idempotencyKey: randomUUID() }
    const answers = await Promise.all(Array.from({ length: 20 }, () => ada.place(cartId, request)))
    expect(answers[0]).toMatchObject({ outcome: 'placed' })
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    const [{ count } = { count: 0 }] = await fleet.query<{ count: number }>(
      'select count(*)::int from "order".orders where cart_id = $1',
      [cartId],
    )
    expect(count).toBe(1)
    // A later repetition gets the same reply, whatever the state of the order.
    expect(await ada.place(cartId, request)).toEqual(answers[0])
  })

  test('with the same key and another address is idempotency_mismatch', async () => {
    const cartId = await ada.createCart([{ sku: await skuWith(30), quantity: 1 }])
    const idempotencyKey = randomUUID()
    await ada.place(cartId, { idempotencyKey })
    const again = ada.place(cartId, {
      idempotencyKey,
      shippingAddress: { ...homeAddress, city: 'Paris', postalCode: '75001', country: 'FR' },
    })
    await expect(again).rejects.toMatchObject({ data: { error: 'idempotency_mismatch', httpStatus: 409 } })
  })

  test('of the same cart with another key is already_placed', async () => {
    const cartId = await ada.createCart([{ sku: await skuWith(30), quantity: 1 }])
    await ada.place(cartId)
    expect(await ada.place(cartId)).toEqual({ outcome: 'refused', reason: 'already_placed' })
  })

  test('at another total than expected is total_changed, and reserves nothing', async () => {
    const sku = await skuWith(30)
    const cartId = await ada.createCart([{ sku, quantity: 1 }])
    const refusal = await ada.place(cartId, { expectedTotal: { amount: 1, currency: 'USD' } })
    expect(refusal).toMatchObject({ outcome: 'refused', reason: 'total_changed' })
    const total = refusal.outcome === 'refused' ? refusal.total : undefined
    const { totals } = await ada.client.order.checkout.mutate({ cartId, shippingAddress: homeAddress })
    expect(total).toEqual(totals.total)
    expect(await stockOf(sku)).toEqual({ available: 30, reserved: 0 })
  })
})

describe('a SKU that is sold beyond its stock', () => {
  test.each(['backorder', 'untracked'])(
    '(%s) is in the cart, placed, paid and cancelled, and adds up',
    async (policy) => {
      const sku = await skuWith(1)
      await fleet.query('update product.stock set policy = $2 where sku = $1', [sku, policy])
      const cartId = await ada.createCart([{ sku, quantity: 4 }])
      expect((await ada.client.order.cart.get.query({ cartId })).lines[0]?.available).toBe(999)
      const kept = await ada.place(cartId)
      if (kept.outcome !== 'placed') throw new Error(kept.reason)
      await until({ id: kept.order.id, accessToken: kept.accessToken }, 'paid')
      const declined = await placed(sku, 'pm_card_visa_chargeDeclined')
      expect(await backordersOf(sku)).toEqual({ available: 0, reserved: 1, backordered: 4 })
      await until(declined, 'cancelled', 20_000)
      expect(await backordersOf(sku)).toEqual({ available: 0, reserved: 0, backordered: 3 })
      expect(await unbalancedStock(fleet)).toEqual([])
      await fleet.query(`update product.stock set policy = 'tracked' where sku = $1`, [sku])
      expect(await ada.place(await ada.createCart([{ sku, quantity: 1 }]))).toMatchObject({ reason: 'sold_out' })
    },
  )
})

describe('payment', () => {
  test('makes a placed order paid, sells its stock, and sends the email in Chinese', async () => {
    const sku = await skuWith(5)
    const cart = await ada.client.order.cart.create.mutate({
      currency: 'CNY',
      locale: 'zh',
      lines: [{ sku, quantity: 1 }],
    })
    const answer = await ada.place(cart.id, {
      shippingAddress: {
        name: '李雷',
        line1: '中山路 1 号',
        city: '广州市',
        region: '广东',
        postalCode: '510000',
        country: 'CN',
      },
    })
    if (answer.outcome !== 'placed') throw new Error(answer.reason)
    const access = { id: answer.order.id, accessToken: answer.accessToken }
    await until(access, 'paid')
    expect(await order(access)).toMatchObject({
      status: 'paid',
      paymentStatus: 'captured',
      fulfilmentStatus: 'unfulfilled',
      paymentDeadline: null,
    })
    expect(await stockOf(sku)).toEqual({ available: 4, reserved: 0 })
    const readEmail = () =>
      readFile(`${fleet.env['DATA_DIR']}/emails/order-${access.id}.confirmed.eml`, 'utf8').catch(() => '')
    await waitFor(async () => (await readEmail()) !== '', { timeoutMs: 10_000, what: 'the email' })
    expect(await readEmail()).toContain('Subject: =?UTF-8?')
    expect(await readEmail()).toContain('To: ada@example.com')
  })

  test('after a declined card succeeds with a good one', async () => {
    const sku = await skuWith(5)
    const access = await placed(sku, 'pm_card_visa_chargeDeclined')
    await until(access, 'declined')
    expect(await order(access)).toMatchObject({ status: 'placed', paymentStatus: 'declined' })
    expect(await stockOf(sku)).toEqual({ available: 4, reserved: 1 })
    const payment = { methodId: 'card', token: 'pm_card_visa' }
    await ada.client.order.pay.mutate({ ...access, idempotencyKey: randomUUID(), payment })
    await until(access, 'paid')
    const entries = (await fleet.ledger()).filter(({ metadata }) => metadata['order_id'] === access.id)
    expect(entries.map(({ captures }) => captures)).toEqual([1])
  })

  test('that stays declined cancels the order at its deadline and releases its stock', async () => {
    const sku = await skuWith(5)
    const access = await placed(sku, 'pm_card_visa_chargeDeclined')
    await until(access, 'cancelled', 20_000)
    expect(await stockOf(sku)).toEqual({ available: 5, reserved: 0 })
    await expect(
      ada.client.order.pay.mutate({
        ...access,
        idempotencyKey: randomUUID(),
        payment: { methodId: 'card', token: 'pm_card_visa' },
      }),
    ).rejects.toMatchObject({
      data: { error: 'order_state' },
    })
  })

  test('of an order that the buyer cancels is refunded, and its stock returns', async () => {
    const sku = await skuWith(5)
    const access = await placed(sku)
    await until(access, 'paid')
    await ada.client.order.cancel.mutate({ ...access, reason: 'changed my mind' })
    await until(access, 'cancelled')
    expect(await order(access)).toMatchObject({ status: 'cancelled', paymentStatus: 'refunded' })
    expect(await stockOf(sku)).toEqual({ available: 5, reserved: 0 })
    expect((await fleet.ledger()).find(({ metadata }) => metadata['order_id'] === access.id)).toMatchObject({
      captures: 1,
    })
    expect(await unbalancedStock(fleet)).toEqual([])
  })

  test('waits while the provider is down: the order is placed immediately and paid later', async () => {
    await fleet.setFault({ mode: 'down' })
    const access = await placed(await skuWith(5))
    expect(await order(access)).toMatchObject({ status: 'placed', paymentStatus: 'pending' })
    await fleet.clearFaults()
    await until(access, 'paid', 60_000)
  })

  test.each([
    { mode: 'lose_reply' },
    { mode: 'fail' },
    { mode: 'hang' },
    { mode: 'slow', delayMs: 300 },
    { mode: 'late', delayMs: 2_500 },
  ])('a provider that is $mode on every call for a while: captured once', async (fault) => {
    await fleet.setFault({ ...fault, forMs: 1_500 })
    const access = await placed(await skuWith(5))
    await until(access, 'paid', 20_000)
    const entries = (await fleet.ledger()).filter(({ metadata }) => metadata['order_id'] === access.id)
    expect(entries.reduce((sum, { captures }) => sum + captures, 0)).toBe(1)
  })
})

describe('watching', () => {
  test('shows the buyer the order becoming paid, without polling', async () => {
    const access = await placed(await skuWith(5))
    const seen: string[] = []
    await new Promise<void>((resolve, reject) => {
      const subscription = ada.client.order.watch.subscribe(access, {
        onData({ data }) {
          seen.push(data.status)
          if (data.status !== 'paid') return
          subscription.unsubscribe()
          resolve()
        },
        onError: reject,
      })
    })
    expect(seen.at(-1)).toBe('paid')
  })

  test('shows a stranger nothing', async () => {
    const { id } = await placed(await skuWith(5))
    await expect(createClient({ url }).order.get.query({ id })).rejects.toBeInstanceOf(TRPCClientError)
    await expect(createClient({ url }).order.get.query({ id, accessToken: 'guessed' })).rejects.toMatchObject({
      data: { error: 'not_found' },
    })
  })
})

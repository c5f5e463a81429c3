import { v7 as uuidv7 } from 'uuid'
import { idempotencyKey } from '#idempotency'
import { createApp } from '#app'
import { loadConfig } from '#config'
import type { CartActor } from '#order'
import { createLog } from '#telemetry'
import { homeAddress } from '#test'
import { cartId } from './cart-id.ts'
import { serveParent } from './child.ts'
import { closedLoop, measured } from './window.ts'

/** A process that places orders by asking their carts' actors: all of a replica but HTTP and the parsing of requests. */

export interface Asking {
  prefix: string
  /** Carts that were filled under this prefix. */
  count: number
  callers: number
  seconds: number
}

const config = loadConfig()
const app = createApp({
  config,
  log: createLog(config.LOG_LEVEL),
  databaseUrl: config.DATABASE_URL ?? '',
  secretKey: config.SECRET_KEY ?? '',
  payment: { url: config.PAYMENT_URL, secretKey: config.PAYMENT_SECRET_KEY ?? '', webhookSecret: undefined },
})
const cart = { kind: 'cart' } as CartActor

async function place(id: string): Promise<void> {
  const agreed = { email: 'ada@example.com', shippingAddress: homeAddress, shippingOptionId: 'standard' }
  const reply = await app.actors.ask(cart, {
    id,
    key: idempotencyKey(`order.place:cart:${id}`, `key-${id}`, { cartId: id, ...agreed }),
    message: {
      type: 'place',
      orderId: uuidv7(),
      number: id.slice(0, 18),
      userId: null,
      locale: null,
      billingAddress: null,
      methodId: 'card',
      token: 'pm_card_visa',
      expectedTotal: null,
      deadlineSeconds: 900,
      capture: 'now',
      ...agreed,
    },
  })
  if (!('placed' in reply) || reply.placed.outcome !== 'placed')
    throw new Error(`a cart was not placed: ${JSON.stringify(reply)}`)
}

serveParent(async ({ prefix, count, callers, seconds }: Asking) => {
  let next = 0
  const done = await closedLoop(
    async () => {
      next += 1
      if (next > count) throw new Error('there are too few carts for this window')
      await place(cartId(prefix, next))
    },
    { callers, seconds },
  )
  return measured(done.latencies, done.seconds)
}, app.close)

import { v7 as uuidv7 } from 'uuid'
import { idempotencyKey } from '#idempotency'
import { createApp } from '#app'
import { loadConfig } from '#config'
import type { CartActor } from '#order'
import { createLog } from '#telemetry'
import { homeAddress } from '#test'
import { cartId } from './cart-id.ts'
import { serveParent } from './child.ts'
import { closedLoop, summarise } from './window.ts'

/** Load generator that places orders by asking the actors of their carts: a replica without HTTP and request parsing. */

export interface ActorLoad {
  prefix: string
  /** Carts filled under this prefix. */
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
  const checkout = { email: 'ada@example.com', shippingAddress: homeAddress, shippingOptionId: 'standard' }
  const reply = await app.actors.ask(cart, {
    id,
    key: idempotencyKey(`order.place:cart:${id}`, `key-${id}`, { cartId: id, ...checkout }),
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
      ...checkout,
    },
  })
  if (!('placed' in reply) || reply.placed.outcome !== 'placed')
    throw new Error(`a cart was not placed: ${JSON.stringify(reply)}`)
}

serveParent(async ({ prefix, count, callers, seconds }: ActorLoad) => {
  let next = 0
  const done = await closedLoop(
    async () => {
      next += 1
      if (next > count) throw new Error('too few carts were prepared for this window')
      await place(cartId(prefix, next))
    },
    { callers, seconds },
  )
  return summarise(done.latencies, done.seconds)
}, app.close)

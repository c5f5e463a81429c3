import { BootError } from '#errors'
import type { PaymentEvent } from '#outbound'
import type { Services } from '#services'
import { idSchema } from '#shapes'
import { createCartActor, orderActor } from './actors.ts'
import { deleteStaleCarts } from './cart.store.ts'
import { createEmailEffect } from './email.effect.ts'
import { loadOrder } from './order.store.ts'
import { createPaymentEffect } from './payment.effect.ts'
import { createOrderRouter } from './router.ts'
import { shippingCurrencies } from './shipping.ts'

export type { CartActor } from './actors.ts'

/** Days that a guest's cart is kept after it was last touched. */
const cartDays = 60

/** Carts, orders and money. */
export function createOrderModule(services: Services) {
  const { config, database } = services
  const strange = config.SHOP_CURRENCIES.filter((currency) => !shippingCurrencies.includes(currency))
  if (strange.length > 0) {
    throw new BootError(
      `SHOP_CURRENCIES names ${strange.join(', ')}, in which shipping has no prices. Take some of ${shippingCurrencies.join(', ')}, or add its prices to modules/order/shipping.ts.`,
    )
  }
  const cartActor = createCartActor(services)
  return {
    name: 'order' as const,
    router: createOrderRouter(services, cartActor),
    actors: [cartActor, orderActor],
    effects: [createPaymentEffect(services), createEmailEffect(services)],

    /** What the provider tells by webhook. Safe to repeat, in any order: the order takes from it what it does not know yet. */
    async notePayment({ orderId, intentId, result }: PaymentEvent): Promise<void> {
      // Another program on the same account has ids of its own making.
      if (!idSchema.safeParse(orderId).success) return
      const order = await loadOrder(database.query, orderId)
      // Not ours, or ahead of our own commit: the effect that is under way will learn the same.
      if (order === undefined || order.payment.intentId !== intentId) return
      if (result.status !== 'captured' && result.status !== 'declined' && result.status !== 'voided') return
      if (result.status === 'captured' && order.paymentStatus === 'captured') return
      await services.actors().ask(orderActor, { id: orderId, message: { type: 'paymentResult', intentId, result } })
    },

    /** Deletes guests' carts that were left behind, at most `most`. @returns how many */
    cleanUp: (most: number): Promise<number> => deleteStaleCarts(database.query, { days: cartDays, most }),
  }
}

import type { Envelope } from '#actor'
import { dataLoader } from '#db'
import { BootError } from '#errors'
import type { PaymentEvent } from '#outbound'
import type { Services } from '#services'
import { createCartActor } from './cart/cart.actor.ts'
import { orderActor } from './lifecycle/order.actor.ts'
import { deleteStaleCarts } from './cart/cart.store.ts'
import { createChargeEffect } from './payment/charge.effect.ts'
import { createEmailEffect } from './email/email.effect.ts'
import { createPaymentEventEffect, classifyPaymentEvent } from './payment/payment-event.effect.ts'
import { findOverdue } from './state/records.store.ts'
import { createReconciliationEffect, dailyReconciliation } from './ledger/reconciliation.effect.ts'
import { loadOrders, loadPayableOrders } from './state/order.store.ts'
import { createPaymentEffect } from './payment/payment.effect.ts'
import { createOrderRouter } from './router.ts'
import { shippingCurrencies } from './pricing/shipping.rules.ts'

export type { CartActor } from './cart/cart.actor.ts'

/** Days that a guest's cart is kept after it was last touched. */
const cartDays = 60

/** Carts, orders and money. */
export function createOrderModule(services: Services) {
  const { config, database, payments } = services
  const strange = config.SHOP_CURRENCIES.filter((currency) => !shippingCurrencies.includes(currency))
  if (strange.length > 0) {
    throw new BootError(
      `SHOP_CURRENCIES names ${strange.join(', ')}, in which shipping has no prices. Take some of ${shippingCurrencies.join(', ')}, or add its prices to modules/order/shipping.ts.`,
    )
  }
  if (config.PAYMENT_CAPTURE === 'fulfilment' && !payments.capturesLater)
    throw new BootError('The payment provider cannot hold money for later. Set PAYMENT_CAPTURE to now.')
  const cartActor = createCartActor(services)
  const find = dataLoader((ids) => loadOrders(database.query, ids))
  return {
    name: 'order' as const,
    router: createOrderRouter(services, cartActor),
    actors: [cartActor, orderActor],
    effects: [
      createPaymentEffect(
        services,
        dataLoader((ids) => loadPayableOrders(database.query, ids)),
      ),
      createChargeEffect(services, find),
      createPaymentEventEffect(services),
      createEmailEffect(services, find),
      createReconciliationEffect(services),
    ],

    /** What recurs. */
    schedules: (): Envelope[] => [dailyReconciliation(new Date())],

    /** What the provider tells by webhook. Safe to repeat, in any order: the order takes from it what it does not know yet. */
    async notePayment(event: PaymentEvent): Promise<void> {
      const heard = await classifyPaymentEvent(database.query, event)
      if (heard.form === 'ahead') await services.actors().schedule(heard.envelope)
      if (heard.form === 'news') await services.actors().ask(orderActor, { id: heard.orderId, message: heard.message })
    },

    /** Closes orders that can no longer be returned, and deletes guests' carts that were left behind. @returns how many of these */
    async cleanUp(most: number): Promise<number> {
      const over = await findOverdue(database.query, { days: config.RETURN_DAYS, most: 200 })
      await Promise.all(over.map((id) => services.actors().ask(orderActor, { id, message: { type: 'close' } })))
      return deleteStaleCarts(database.query, { days: cartDays, most })
    },
  }
}

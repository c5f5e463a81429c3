import type { Envelope } from '#actor'
import { dataLoader } from '#db'
import { BootError } from '#errors'
import type { PaymentEvent } from '#outbound'
import type { Services } from '#services'
import { createCartActor } from './cart/cart.actor.ts'
import { deleteStaleCarts } from './cart/cart.store.ts'
import { createEmailEffect } from './email/email.effect.ts'
import { createReconciliationEffect, dailyReconciliation } from './ledger/reconciliation.effect.ts'
import { orderActor } from './lifecycle/order.actor.ts'
import { createChargeEffect } from './payment/charge.effect.ts'
import { createPaymentEventEffect, classifyPaymentEvent } from './payment/payment-event.effect.ts'
import { createPaymentEffect } from './payment/payment.effect.ts'
import { createOrderRouter } from './router.ts'
import { loadOrders, loadPayableOrders } from './state/order.store.ts'
import { findClosableOrders } from './state/records.store.ts'

export type { CartActor } from './cart/cart.actor.ts'
export { shippingCountries } from './destination.contract.ts'

/** Days that a guest's cart is kept after its last change. */
const cartDays = 60

/** The order module: carts, checkout, orders and their money. @throws BootError for settings that do not fit each other */
export function createOrderModule(services: Services) {
  const { config, database, payments } = services
  if (config.PAYMENT_CAPTURE === 'fulfilment' && !payments.capturesLater)
    throw new BootError('The payment provider cannot hold money for a later capture. Set PAYMENT_CAPTURE to now.')
  const cartActor = createCartActor(services)
  const findOrder = dataLoader((ids) => loadOrders(database.query, ids))
  return {
    name: 'order' as const,
    router: createOrderRouter(services, cartActor),
    actors: [cartActor, orderActor],
    effects: [
      createPaymentEffect(
        services,
        dataLoader((ids) => loadPayableOrders(database.query, ids)),
      ),
      createChargeEffect(services, findOrder),
      createPaymentEventEffect(services),
      createEmailEffect(services, findOrder),
      createReconciliationEffect(services),
    ],

    /** Recurring messages, to be scheduled at boot. */
    schedules: (): Envelope[] => [dailyReconciliation(new Date())],

    /** Takes in a webhook event of the payment provider. Safe to repeat, in any order: known events are ignored. */
    async receivePaymentEvent(event: PaymentEvent): Promise<void> {
      const classified = await classifyPaymentEvent(database.query, event)
      if (classified.type === 'early') await services.actors().schedule(classified.envelope)
      if (classified.type === 'relevant')
        await services.actors().ask(orderActor, { id: classified.orderId, message: classified.message })
    },

    /** Closes orders that can no longer be returned, and deletes up to `limit` stale carts of guests. @returns the carts deleted */
    async cleanUp(limit: number): Promise<number> {
      const closable = await findClosableOrders(database.query, { days: config.RETURN_DAYS, limit: 200 })
      await Promise.all(closable.map((id) => services.actors().ask(orderActor, { id, message: { type: 'close' } })))
      return deleteStaleCarts(database.query, { days: cartDays, limit })
    },
  }
}

import { tracked } from '@trpc/server'
import { idempotencyKey } from '#idempotency'
import { AppError } from '#errors'
import { customerProcedure, publicProcedure, router } from '#rpc'
import type { Services } from '#services'
import { createOrderAdminRouter } from './admin.router.ts'
import type { CartActor } from './cart/cart.actor.ts'
import { createCartRouter } from './cart/cart.router.ts'
import { checkoutProcedures } from './cart/checkout.router.ts'
import {
  orderAttachInput,
  orderCancelInput,
  orderGetInput,
  orderListInput,
  orderWatchInput,
  type Order,
  type OrderPage,
} from './contract.ts'
import { orderActor } from './lifecycle/order.actor.ts'
import { createBuyerLimits } from './limits/buyer-limits.ts'
import { payProcedure } from './lifecycle/pay.router.ts'
import { holdsToken, requireOrder } from './state/order.access.ts'
import { orderPage } from './state/order-page.view.ts'
import { loadOrder } from './state/order.store.ts'
import { orderView } from './state/order.view.ts'
import { createOrderWatch } from './state/order.watch.ts'

/** `order.*`: carts, checkout, orders. */
export function createOrderRouter(services: Services, cartActor: CartActor) {
  const { database } = services
  const limits = createBuyerLimits(services)
  const watch = createOrderWatch(services)

  return router({
    cart: createCartRouter(services, cartActor),

    ...checkoutProcedures(services, cartActor, limits),

    pay: payProcedure(services, limits),

    /** A browser that opens the link of a guest's email gets a cookie for the order. */
    get: publicProcedure.input(orderGetInput).query(async ({ ctx, input }): Promise<Order> => {
      const order = await requireOrder(services, ctx, input)
      if (order.userId === null && input.accessToken !== undefined && holdsToken(services, ctx, { ...input, order }))
        ctx.setCookie(`order-${order.id}`, input.accessToken)
      return orderView(order)
    }),

    /** Adds a guest's order to the caller's account. Safe to repeat. */
    attach: publicProcedure.input(orderAttachInput).mutation(async ({ ctx, input }): Promise<Order> => {
      // Before the session is required: a stranger learns nothing, logged in or not.
      const order = await requireOrder(services, ctx, input)
      const userId = (await ctx.session())?.userId
      if (userId === undefined) throw new AppError('unauthenticated')
      // Staff may see every order, but only the token makes one theirs.
      if (order.userId !== userId && !holdsToken(services, ctx, { ...input, order }))
        throw new AppError('not_found', { field: 'id', message: 'There is no such order, or it is not yours.' })
      return services.actors().ask(orderActor, { id: order.id, message: { type: 'attach', userId } })
    }),

    /** The caller's own orders, newest first. */
    list: customerProcedure
      .input(orderListInput)
      .query(({ ctx, input }): Promise<OrderPage> =>
        orderPage(database.query, { ...input, userId: ctx.caller.userId }, orderView),
      ),

    /** The order now, and again after each change, until the session ends that gives access to it. */
    watch: publicProcedure.input(orderWatchInput).subscription(async function* ({
      ctx,
      input,
      signal = new AbortController().signal,
    }) {
      const found = await requireOrder(services, ctx, input)
      const sessionId = holdsToken(services, ctx, { ...input, order: found }) ? undefined : (await ctx.session())?.id
      let order = orderView(found)
      yield tracked(String(order.version), order)
      for await (const _ of watch.changes({ id: order.id, version: order.version, sessionId }, signal)) {
        const state = await loadOrder(database.query, order.id)
        if (state === undefined) return
        order = orderView(state)
        yield tracked(String(order.version), order)
      }
    }),

    cancel: publicProcedure.input(orderCancelInput).mutation(async ({ ctx, input }): Promise<Order> => {
      const order = await requireOrder(services, ctx, input)
      const session = await ctx.session()
      const role = session?.role === 'staff' && session.userId !== order.userId ? 'staff' : 'buyer'
      const { id, idempotencyKey: key, reason } = input
      const caller = session === null ? `order:${id}` : `user:${session.userId}`
      return services.actors().ask(orderActor, {
        id,
        ...(key === undefined ? {} : { key: idempotencyKey(`order.cancel:${caller}`, key, { id, reason }) }),
        message: { type: 'cancel', by: { role, userId: session?.userId ?? null }, reason },
      })
    }),

    admin: createOrderAdminRouter(services),
  })
}

import { v7 as uuidv7 } from 'uuid'
import { idempotencyKey } from '#idempotency'
import { AppError } from '#errors'
import { router, staffProcedure, type Session } from '#rpc'
import type { Services } from '#services'
import { orderActor } from './lifecycle/order.actor.ts'
import {
  adminCancelInput,
  adminCaptureInput,
  adminFulfilInput,
  adminGetInput,
  adminListInput,
  adminNoteInput,
  adminRefundInput,
  adminReturnInput,
  type AdminOrder,
} from './admin.contract.ts'
import { adminView } from './state/admin-order.view.ts'
import type { Order, OrderPage } from './contract.ts'
import type { OrderMessage } from './state/order.message.ts'
import { loadOrder } from './state/order.store.ts'
import { orderPage } from './state/page.ts'
import { createReconciliationRouter } from './ledger/reconciliation.router.ts'

/** `order.admin.*`: what the staff do with orders. Each answers the order as it is afterwards. */
export function createOrderAdminRouter(services: Services) {
  const { database } = services

  /** The key's scope is the procedure and the caller; the request is all of the input. */
  function tell(
    caller: Session,
    input: { id: string; idempotencyKey: string },
    message: OrderMessage & { by: unknown },
  ): Promise<Order> {
    const { idempotencyKey: key, ...request } = input
    return services.actors().ask(orderActor, {
      id: input.id,
      key: idempotencyKey(`order.admin.${message.type}:user:${caller.userId}`, key, request),
      message,
    })
  }
  const by = ({ userId }: Session) => ({ role: 'staff', userId }) as const

  return router({
    /** All orders, newest first, or those that are looked for. */
    list: staffProcedure
      .input(adminListInput)
      .query(({ input }): Promise<OrderPage> => orderPage(database.query, { ...input })),

    /** Everything there is of it: payment, refunds, disputes, ledger, the whole timeline. */
    get: staffProcedure.input(adminGetInput).query(async ({ input }): Promise<AdminOrder> => {
      const state = await loadOrder(database.query, input.id)
      if (state === undefined) throw new AppError('not_found', { field: 'id', message: 'There is no such order.' })
      return adminView(database.query, state)
    }),

    /** Cancels what was not sent; what was captured is refunded. */
    cancel: staffProcedure
      .input(adminCancelInput)
      .mutation(({ ctx, input }): Promise<Order> =>
        tell(ctx.caller, input, { type: 'cancel', by: by(ctx.caller), reason: input.reason }),
      ),

    /** Takes the money that is held, before anything is sent. */
    capture: staffProcedure
      .input(adminCaptureInput)
      .mutation(({ ctx, input }): Promise<Order> => tell(ctx.caller, input, { type: 'capture', by: by(ctx.caller) })),

    /** Notes that it was sent, all of it or in part, and writes to the buyer; takes money that is held. */
    fulfil: staffProcedure.input(adminFulfilInput).mutation(({ ctx, input }): Promise<Order> => {
      const { lines, carrier = null, trackingNumber = null, trackingUrl = null } = input
      const parcel = { fulfilmentId: uuidv7(), lines, carrier, trackingNumber, trackingUrl }
      return tell(ctx.caller, input, { type: 'fulfil', by: by(ctx.caller), ...parcel })
    }),

    /** Notes what came back, puts it on sale again where that is said, and refunds what is said. */
    return: staffProcedure.input(adminReturnInput).mutation(({ ctx, input }): Promise<Order> => {
      const { lines, reason, refund } = input
      const ids = { returnId: uuidv7(), refundId: uuidv7() }
      return tell(ctx.caller, input, { type: 'return', by: by(ctx.caller), ...ids, lines, reason, refund })
    }),

    /** Gives money back: an amount, or all that is left. */
    refund: staffProcedure.input(adminRefundInput).mutation(({ ctx, input }): Promise<Order> => {
      const { amount, reason } = input
      return tell(ctx.caller, input, { type: 'refund', by: by(ctx.caller), refundId: uuidv7(), amount, reason })
    }),

    /** A note for the staff; buyers do not see it. */
    note: staffProcedure
      .input(adminNoteInput)
      .mutation(({ ctx, input }): Promise<Order> =>
        tell(ctx.caller, input, { type: 'note', by: by(ctx.caller), text: input.text }),
      ),

    reconciliation: createReconciliationRouter(services),
  })
}

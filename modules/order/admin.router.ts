import { v7 as uuidv7 } from 'uuid'
import { idempotencyKey } from '#idempotency'
import { AppError } from '#errors'
import { router, staffProcedure, type Session } from '#rpc'
import type { Services } from '#services'
import {
  adminCancelInput,
  adminCancelLinesInput,
  adminCaptureInput,
  adminFulfilInput,
  adminGetInput,
  adminListInput,
  adminNoteInput,
  adminRefundInput,
  adminReleaseInput,
  adminReturnInput,
  type AdminOrder,
  type AdminOrderPage,
} from './admin.contract.ts'
import type { Order } from './contract.ts'
import { createReconciliationRouter } from './ledger/reconciliation.router.ts'
import { orderActor } from './lifecycle/order.actor.ts'
import { adminView, listedView } from './state/admin-order.view.ts'
import { orderPage } from './state/order-page.view.ts'
import type { OrderMessage } from './state/order.message.ts'
import { loadOrder } from './state/order.store.ts'

/** `order.admin.*`: orders for staff. Each mutation returns the order as it is afterwards. */
export function createOrderAdminRouter(services: Services) {
  const { database } = services

  /** Asks the order's actor. The scope of the idempotency key is the procedure and the caller; the request is the whole input. */
  function ask(
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
    /** All orders, or those that match the search, newest first. */
    list: staffProcedure
      .input(adminListInput)
      .query(({ input }): Promise<AdminOrderPage> => orderPage(database.query, { ...input }, listedView)),

    /** The whole order: payment, refunds, disputes, ledger and the complete timeline. */
    get: staffProcedure.input(adminGetInput).query(async ({ input }): Promise<AdminOrder> => {
      const state = await loadOrder(database.query, input.id)
      if (state === undefined) throw new AppError('not_found', { field: 'id', message: 'There is no such order.' })
      return adminView(database.query, state)
    }),

    /** Cancels an order of which nothing was sent, and refunds captured money. */
    cancel: staffProcedure
      .input(adminCancelInput)
      .mutation(({ ctx, input }): Promise<Order> =>
        ask(ctx.caller, input, { type: 'cancel', by: by(ctx.caller), reason: input.reason, message: input.message }),
      ),

    /** Cancels lines that were not sent, refunds them and puts them on sale again. */
    cancelLines: staffProcedure.input(adminCancelLinesInput).mutation(({ ctx, input }): Promise<Order> => {
      const { lines, refundShipping, reason, message } = input
      const ids = { cancellationId: uuidv7(), refundId: uuidv7() }
      const content = { lines, refundShipping, reason, message }
      return ask(ctx.caller, input, { type: 'cancelLines', by: by(ctx.caller), ...ids, ...content })
    }),

    /** Captures held money before anything is sent. */
    capture: staffProcedure
      .input(adminCaptureInput)
      .mutation(({ ctx, input }): Promise<Order> => ask(ctx.caller, input, { type: 'capture', by: by(ctx.caller) })),

    /** Records a parcel with all or part of the order, emails the buyer, and captures held money. */
    fulfil: staffProcedure.input(adminFulfilInput).mutation(({ ctx, input }): Promise<Order> => {
      const { lines, carrier = null, trackingNumber = null, trackingUrl = null } = input
      const parcel = { fulfilmentId: uuidv7(), lines, carrier, trackingNumber, trackingUrl }
      return ask(ctx.caller, input, { type: 'fulfil', by: by(ctx.caller), ...parcel })
    }),

    /** Records returned goods. Lines with `restock` go on sale again; an amount, or the returned lines, are refunded. */
    return: staffProcedure.input(adminReturnInput).mutation(({ ctx, input }): Promise<Order> => {
      const { id: _, idempotencyKey: __, ...content } = input
      const ids = { returnId: uuidv7(), refundId: uuidv7() }
      return ask(ctx.caller, input, { type: 'return', by: by(ctx.caller), ...ids, ...content })
    }),

    /** Refunds an amount, lines, the shipping, a refund that failed, or everything refundable; also after the order's end. */
    refund: staffProcedure.input(adminRefundInput).mutation(({ ctx, input }): Promise<Order> => {
      const { id: _, idempotencyKey: __, ...content } = input
      return ask(ctx.caller, input, { type: 'refund', by: by(ctx.caller), refundId: uuidv7(), ...content })
    }),

    /** Releases an order that is on hold for review: it can be paid and sent again. */
    release: staffProcedure
      .input(adminReleaseInput)
      .mutation(({ ctx, input }): Promise<Order> =>
        ask(ctx.caller, input, { type: 'release', by: by(ctx.caller), note: input.reason }),
      ),

    /** Adds a note that only staff can see. */
    note: staffProcedure
      .input(adminNoteInput)
      .mutation(({ ctx, input }): Promise<Order> =>
        ask(ctx.caller, input, { type: 'note', by: by(ctx.caller), text: input.text }),
      ),

    reconciliation: createReconciliationRouter(services),
  })
}

import { idempotencyKey } from '#idempotency'
import { AppError } from '#errors'
import { publicProcedure, type Context } from '#rpc'
import type { Services } from '#services'
import { requireToken } from '../cart/checkout.router.ts'
import { payInput, type Order, type PayInput } from '../contract.ts'
import type { BuyerLimits } from '../limits/buyer-limits.ts'
import { shop } from '../state/order-change.rules.ts'
import { requireOrder } from '../state/order.access.ts'
import { orderActor } from './order.actor.ts'

/** `order.pay`: pays again after a decline, or resumes a payment that waits for the buyer's bank. */
export const payProcedure = (services: Services, limits: BuyerLimits) =>
  publicProcedure.input(payInput).mutation(({ ctx, input }): Promise<Order> => pay(services, limits, { ctx, input }))

/** @throws AppError `too_many_requests` after too many attempts; the order is then on hold for review by staff */
async function pay(
  services: Services,
  limits: BuyerLimits,
  { ctx, input }: { ctx: Context; input: PayInput },
): Promise<Order> {
  const { id, payment } = input
  const { config } = services
  const order = await requireOrder(services, ctx, input)
  if (payment.methodId !== 'card')
    throw new AppError('bad_input', { field: 'payment.methodId', message: 'This payment method is not offered.' })
  const token = requireToken(payment)
  const key = idempotencyKey(`order.pay:${id}`, input.idempotencyKey, { id, payment })
  const { userId, email, locale } = order
  await limits.requireStanding({ source: limits.sourceOf(ctx.address), userId, email, locale }, { key })
  try {
    return await services.actors().ask(orderActor, {
      id,
      key,
      message: { type: 'pay', methodId: payment.methodId, token, attemptsMax: config.PAYMENT_ATTEMPTS },
    })
  } catch (error) {
    if (error instanceof AppError && error.code === 'too_many_requests' && order.reviewSince === null)
      await services.actors().ask(orderActor, { id, message: { type: 'hold', by: shop, note: 'payment_attempts' } })
    throw error
  }
}

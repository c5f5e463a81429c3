import { AppError } from '#errors'
import { changed, type Change } from '../state/order-change.rules.ts'
import type { MessageOf } from '../state/order.message.ts'
import type { OrderState } from '../state/order.state.ts'

/** A guest's order becomes an account's. Safe to repeat. @throws AppError `forbidden` for the order of another account */
export function attach(state: OrderState, { userId }: MessageOf<'attach'>, now: Date): Change {
  if (state.userId === userId) return { state }
  if (state.userId !== null) throw new AppError('forbidden', { message: 'This order belongs to another account.' })
  const by = { role: 'buyer', userId } as const
  return { state: changed(state, { userId }, { at: now, by, event: 'attached', isInternal: true }) }
}

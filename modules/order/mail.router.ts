import { z } from 'zod'
import { dropParked, findLetter, listParked, listWaiting, retryParked } from '#mail-desk'
import { transaction } from '#db'
import { AppError } from '#errors'
import { router, staffProcedure } from '#rpc'
import type { Services } from '#services'
import { recordAudit } from '#user'
import {
  mailGetInput,
  mailListInput,
  mailTakeInput,
  type LetterAnswer,
  type LettersTaken,
  type ParkedLetterPage,
  type WaitingLetterPage,
} from './contract.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'

const parkedPlace = z.int().min(1)
// Postgres knows no year 0.
const waitingPlace = z.object({ dueAt: z.iso.datetime().regex(/^(?!0000)/), id: z.int().min(1) })

/** `order.admin.mail.*`: what the shop's actors and effects were sent and gave up on, and what waits. */
export function createMailRouter({ database }: Services) {
  /** Takes letters off the list and says so in the audit, both or neither. */
  function take(
    by: { caller: { userId: string }; requestId: string },
    { letterIds, how }: { letterIds: readonly number[]; how: 'retry' | 'drop' },
  ): Promise<LettersTaken> {
    return transaction(database, async (tx) => {
      const taken = await (how === 'retry' ? retryParked : dropParked)(tx, letterIds)
      const entries = taken.map(({ id, ...detail }) => ({
        actorId: by.caller.userId,
        action: `mail.${how}`,
        subject: `mail:${id}`,
        detail,
        requestId: by.requestId,
      }))
      await recordAudit(tx, ...entries)
      return { letterIds: taken.map(({ id }) => id) }
    })
  }

  return router({
    /** Parked messages, the newest first. */
    list: staffProcedure.input(mailListInput).query(async ({ input }): Promise<ParkedLetterPage> => {
      const { cursor, limit = 50, ...filter } = input ?? {}
      const after = cursor === undefined ? undefined : decodeCursor(parkedPlace, cursor)
      const found = await listParked(database.query, { ...filter, after, limit: limit + 1 })
      return pageOf(found, limit, ({ id }) => id)
    }),

    /** Messages on their way, what is due longest first. */
    waiting: staffProcedure.input(mailListInput).query(async ({ input }): Promise<WaitingLetterPage> => {
      const { cursor, limit = 50, ...filter } = input ?? {}
      const after = cursor === undefined ? undefined : decodeCursor(waitingPlace, cursor)
      const found = await listWaiting(database.query, { ...filter, after, limit: limit + 1 })
      return pageOf(found, limit, ({ dueAt, id }) => ({ dueAt, id }))
    }),

    get: staffProcedure.input(mailGetInput).query(async ({ input }): Promise<LetterAnswer> => {
      const found = await findLetter(database.query, input.letterId)
      if (found === undefined)
        throw new AppError('not_found', {
          field: 'letterId',
          message: 'There is no such message: it was handled, retried or dropped.',
        })
      return found
    }),

    /** Sends parked messages once more. Safe to repeat: each is sent once. */
    retry: staffProcedure
      .input(mailTakeInput)
      .mutation(({ ctx, input }): Promise<LettersTaken> => take(ctx, { ...input, how: 'retry' })),

    /** Deletes parked messages for good. */
    drop: staffProcedure
      .input(mailTakeInput)
      .mutation(({ ctx, input }): Promise<LettersTaken> => take(ctx, { ...input, how: 'drop' })),
  })
}

function pageOf<Item>(found: readonly Item[], limit: number, placeOf: (last: Item) => unknown) {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: found.length > limit && last !== undefined ? encodeCursor(placeOf(last)) : null }
}

import { z } from 'zod'
import { dropDeadLetters, listDeadLetters, retryDeadLetters } from '#actor'
import { transaction, type Database, type Queryable } from '#db'
import { decodeCursor, pageOf } from '#lib/cursor'
import { router, staffProcedure } from '#rpc'
import { deadLettersInput, messageListInput, type DeadLetterPage, type DeadLettersRemoved } from './contract.ts'

const position = z.int().min(1)

/** Writes audit entries in the caller's transaction. Handed in by app.ts: the platform does not know the user module. */
export type RecordAudit = (
  tx: Queryable,
  ...entries: {
    /** The account that acted. */
    actorId: string
    action: string
    /** As `kind:id`. */
    subject: string
    detail: Record<string, unknown>
    requestId: string
  }[]
) => Promise<void>

/** `platform.admin.deadLetters.*`: messages given up on after their last attempt. */
export function createDeadLetterRouter(database: Database, recordAudit: RecordAudit) {
  /** Removes dead letters and records it in the audit, in one transaction. */
  function remove(
    by: { caller: { userId: string }; requestId: string },
    { messageIds, how }: { messageIds: readonly number[]; how: 'retry' | 'drop' },
  ): Promise<DeadLettersRemoved> {
    return transaction(database, async (tx) => {
      const removed = await (how === 'retry' ? retryDeadLetters : dropDeadLetters)(tx, messageIds)
      const entries = removed.map(({ id, ...detail }) => ({
        actorId: by.caller.userId,
        action: `dead_letter.${how}`,
        subject: `message:${id}`,
        detail,
        requestId: by.requestId,
      }))
      await recordAudit(tx, ...entries)
      return { messageIds: removed.map(({ id }) => id) }
    })
  }

  return router({
    /** Newest first. */
    list: staffProcedure.input(messageListInput).query(async ({ input }): Promise<DeadLetterPage> => {
      const { cursor, limit = 50, ...filter } = input ?? {}
      const after = cursor === undefined ? undefined : decodeCursor(cursor, position)
      const found = await listDeadLetters(database.query, { ...filter, after, limit: limit + 1 })
      return pageOf(found, limit, ({ id }) => id)
    }),

    /** Sends dead letters again. Safe to repeat: each is sent once. */
    retry: staffProcedure
      .input(deadLettersInput)
      .mutation(({ ctx, input }): Promise<DeadLettersRemoved> => remove(ctx, { ...input, how: 'retry' })),

    /** Deletes dead letters for good. */
    drop: staffProcedure
      .input(deadLettersInput)
      .mutation(({ ctx, input }): Promise<DeadLettersRemoved> => remove(ctx, { ...input, how: 'drop' })),
  })
}

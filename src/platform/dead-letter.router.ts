import { z } from 'zod'
import { dropDeadLetters, listDeadLetters, retryDeadLetters } from '#actor'
import { transaction, type Database } from '#db'
import { decodeCursor, pageOf } from '#lib/cursor'
import { router, staffProcedure } from '#rpc'
import type { RecordAudit } from '#services'
import { deadLettersInput, messageListInput, type DeadLetterPage, type DeadLettersRemoved } from './contract.ts'

const position = z.int().min(1)

/** `platform.admin.deadLetters.*`: messages that failed their last attempt. */
export function createDeadLetterRouter(database: Database, recordAudit: RecordAudit) {
  /** Removes dead letters and writes audit entries, in one transaction. */
  function remove(
    by: { caller: { userId: string }; requestId: string },
    { messageIds, action }: { messageIds: readonly number[]; action: 'retry' | 'drop' },
  ): Promise<DeadLettersRemoved> {
    return transaction(database, async (tx) => {
      const removed = await (action === 'retry' ? retryDeadLetters : dropDeadLetters)(tx, messageIds)
      const entries = removed.map(({ id, ...detail }) => ({
        actorId: by.caller.userId,
        action: `dead_letter.${action}`,
        subject: `message:${id}`,
        detail,
        requestId: by.requestId,
      }))
      await recordAudit(tx, ...entries)
      return { messageIds: removed.map(({ id }) => id) }
    })
  }

  return router({
    /** Dead letters, newest first. */
    list: staffProcedure.input(messageListInput).query(async ({ input }): Promise<DeadLetterPage> => {
      const { cursor, limit = 50, ...filter } = input ?? {}
      const after = cursor === undefined ? undefined : decodeCursor(cursor, position)
      const found = await listDeadLetters(database.query, { ...filter, after, limit: limit + 1 })
      return pageOf(found, limit, ({ id }) => id)
    }),

    /** Returns dead letters to the mailbox. Safe to repeat: each is returned once. */
    retry: staffProcedure
      .input(deadLettersInput)
      .mutation(({ ctx, input }): Promise<DeadLettersRemoved> => remove(ctx, { ...input, action: 'retry' })),

    /** Deletes dead letters permanently. */
    drop: staffProcedure
      .input(deadLettersInput)
      .mutation(({ ctx, input }): Promise<DeadLettersRemoved> => remove(ctx, { ...input, action: 'drop' })),
  })
}

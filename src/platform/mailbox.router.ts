import { z } from 'zod'
import { findMessage, listPending } from '#actor'
import type { Database } from '#db'
import { AppError } from '#errors'
import { decodeCursor, pageOf } from '#lib/cursor'
import { router, staffProcedure } from '#rpc'
import { timestampSchema } from '#schemas'
import { messageGetInput, messageListInput, type MessageDetail, type PendingMessagePage } from './contract.ts'

const position = z.object({ dueAt: timestampSchema, id: z.int().min(1) })

/** `platform.admin.mailbox.*`: pending messages of actors and effects. */
export function createMailboxRouter({ query }: Database) {
  return router({
    /** Pending messages, the longest due first. */
    list: staffProcedure.input(messageListInput).query(async ({ input }): Promise<PendingMessagePage> => {
      const { cursor, limit = 50, ...filter } = input ?? {}
      const after = cursor === undefined ? undefined : decodeCursor(cursor, position)
      const found = await listPending(query, { ...filter, after, limit: limit + 1 })
      return pageOf(found, limit, ({ dueAt, id }) => ({ dueAt, id }))
    }),

    /** One message with its content, pending or dead-lettered. */
    get: staffProcedure.input(messageGetInput).query(async ({ input }): Promise<MessageDetail> => {
      const found = await findMessage(query, input.messageId)
      if (found === undefined)
        throw new AppError('not_found', {
          field: 'messageId',
          message: 'There is no message with this id: it was handled, retried or dropped.',
        })
      return found
    }),
  })
}

import { router } from '#rpc'
import type { BasicServices } from '#services'
import { createDeadLetterRouter, type RecordAudit } from './dead-letter.router.ts'
import { createMailboxRouter } from './mailbox.router.ts'

/** `platform.*`: what the staff see of the runtime itself. */
export function createPlatformRouter({ database }: BasicServices, recordAudit: RecordAudit) {
  return router({
    admin: router({
      deadLetters: createDeadLetterRouter(database, recordAudit),
      mailbox: createMailboxRouter(database),
    }),
  })
}

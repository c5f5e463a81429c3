import { router } from '#rpc'
import type { BasicServices, RecordAudit } from '#services'
import { createDeadLetterRouter } from './dead-letter.router.ts'
import { createMailboxRouter } from './mailbox.router.ts'

/** `platform.*`: administration of the runtime by staff. */
export function createPlatformRouter({ database }: BasicServices, recordAudit: RecordAudit) {
  return router({
    admin: router({
      deadLetters: createDeadLetterRouter(database, recordAudit),
      mailbox: createMailboxRouter(database),
    }),
  })
}

import { z } from 'zod'
import { pageSchema, type Page, type Timestamp } from '#schemas'

/** Input and output of `platform.*`. Imports #schemas only: the published client carries these types. */

/** Dead letters of one call of `retry` or `drop`. */
const messagesMax = 50
const messageId = z.int().min(1)

export const messageListInput = z
  .strictObject({
    kind: z.string().min(1).max(100).optional(),
    actorId: z.string().min(1).max(200).optional(),
    ...pageSchema.shape,
  })
  .optional()
export const messageGetInput = z.strictObject({ messageId })
export const deadLettersInput = z.strictObject({ messageIds: z.array(messageId).min(1).max(messagesMax) })

interface MessageHead {
  id: number
  /** Of the actor or effect that it is for. */
  kind: string
  actorId: string
  /** Of its payload; null where that cannot be read. */
  type: string | null
  attempts: number
  createdAt: Timestamp
}

/** A message that was given up on after its last attempt. */
export interface DeadLetter extends MessageHead {
  reason: string
  deadLetteredAt: Timestamp
}

/** A message on its way. */
export interface PendingMessage extends MessageHead {
  /** Times it was retried later, for any reason. */
  tries: number
  lastError: string | null
  dueAt: Timestamp
  isDue: boolean
  /** A worker runs its effect. */
  isLeased: boolean
}

export type DeadLetterPage = Page<DeadLetter>
export type PendingMessagePage = Page<PendingMessage>

export type MessageDetail = ((DeadLetter & { state: 'dead_letter' }) | (PendingMessage & { state: 'pending' })) & {
  version: number
  /** Secrets and personal data are hidden; null where it is too large to be shown. */
  payload: unknown
  payloadBytes: number
}

/** Those that were still dead letters; the others were retried or dropped before. */
export interface DeadLettersRemoved {
  messageIds: number[]
}

import { z } from 'zod'
import { opaque, pageSchema, type Page, type Timestamp } from '#schemas'

/** Input and output of `platform.*`. This file imports only #schemas: the published client carries these types. */

/** Dead letters per call of `retry` or `drop`. */
const messagesMax = 50
const messageId = z.int().min(1)

export const messageListInput = z
  .strictObject({
    kind: opaque(100).optional(),
    actorId: opaque(200).optional(),
    ...pageSchema.shape,
  })
  .optional()
export const messageGetInput = z.strictObject({ messageId })
export const deadLettersInput = z.strictObject({ messageIds: z.array(messageId).min(1).max(messagesMax) })

interface MessageHead {
  id: number
  /** Kind of the recipient, an actor or effect. */
  kind: string
  actorId: string
  /** Type of its payload; null where it cannot be read. */
  type: string | null
  attempts: number
  createdAt: Timestamp
}

/** A message that failed its last attempt. */
export interface DeadLetter extends MessageHead {
  reason: string
  deadLetteredAt: Timestamp
}

/** A message that is not handled yet. */
export interface PendingMessage extends MessageHead {
  /** Number of retries, for any reason. */
  tries: number
  lastError: string | null
  dueAt: Timestamp
  isDue: boolean
  /** Whether a worker is running its effect. */
  isLeased: boolean
}

export type DeadLetterPage = Page<DeadLetter>
export type PendingMessagePage = Page<PendingMessage>

export type MessageDetail = ((DeadLetter & { state: 'dead_letter' }) | (PendingMessage & { state: 'pending' })) & {
  version: number
  /** The payload without secrets and personal data; null where it is too large to show. */
  payload: unknown
  payloadBytes: number
}

/** Messages that were retried or dropped by this call; the others were no dead letters any more. */
export interface DeadLettersRemoved {
  messageIds: number[]
}

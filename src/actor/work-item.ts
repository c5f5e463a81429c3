import type { IdempotencyKey } from '#idempotency'
import type { Message } from './kind.ts'

interface Traced {
  /** W3C traceparent of the span that brings it. */
  traceparent?: string | undefined
}

/** One unit of work that a batcher brings to a turn. */
export type WorkItem =
  /** A command from outside that waits for its reply. Of concurrent asks with one key the batcher brings the first. */
  | Readonly<{ type: 'ask'; id: string; message: Message; key?: IdempotencyKey | undefined } & Traced>
  /** The outcome of an effect; void when the lease on the effect's message is lost. */
  | Readonly<{ type: 'outcome'; id: string; message: Message; messageId: number; lease: string } & Traced>
  /** The actor has messages in its mailbox. */
  | Readonly<{ type: 'wake'; id: string }>

type KeyedAsk = Extract<WorkItem, { type: 'ask' }> & { key: IdempotencyKey }

export const isKeyed = (item: WorkItem): item is KeyedAsk => item.type === 'ask' && item.key !== undefined

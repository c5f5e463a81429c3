import { z } from 'zod'
import { newId } from './ids.ts'

const operationNames = ['create', 'confirm', 'capture', 'cancel', 'refund', 'retrieve'] as const
export type Operation = (typeof operationNames)[number]

const delayMs = z.int().min(0).max(600_000)
const scope = {
  /** The calls that it hits; a create with `confirm` counts as both. */
  operation: z.enum([...operationNames, 'any']).default('any'),
  /** Number of hits after which it ends. */
  count: z.int().min(1).max(1_000_000).optional(),
  /** Time after which it ends, ms. */
  forMs: z.int().min(1).max(86_400_000).optional(),
  /** Share of the matching calls that it hits, above 0 up to 1. */
  probability: z.number().gt(0).max(1).default(1),
}

/** Scope of a webhook fault, which hits an event at most once, before its first delivery. */
const webhookScope = {
  /** The event type that it hits, such as `refund.created`. */
  event: z.string().min(1).max(60).default('any'),
  count: scope.count,
  forMs: scope.forMs,
  probability: scope.probability,
}

/** The faults that can be switched on. */
export const faultSchema = z.discriminatedUnion('mode', [
  /** Executes immediately, responds after `delayMs`. */
  z.strictObject({ mode: z.literal('slow'), delayMs, ...scope }),
  /** Does not execute, responds with `status`, and keeps that response under the idempotency key as Stripe does. */
  z.strictObject({ mode: z.literal('fail'), status: z.int().min(500).max(599).default(500), ...scope }),
  /** Does not execute and never responds. */
  z.strictObject({ mode: z.literal('hang'), ...scope }),
  /** Executes after `delayMs`, even if the client has disconnected, and then responds. */
  z.strictObject({ mode: z.literal('late'), delayMs, ...scope }),
  /** Declines every confirm. */
  z.strictObject({ mode: z.literal('decline'), ...scope }),
  /** Executes, then destroys the connection. */
  z.strictObject({ mode: z.literal('lose_reply'), ...scope }),
  /** Destroys connections without executing. */
  z.strictObject({ mode: z.literal('down'), ...scope }),
  /** Leaves refunds pending until the control endpoint settles them. */
  z.strictObject({ mode: z.literal('pend_refund'), ...scope }),
  /** Fails refunds: the amount leaves the balance and returns immediately. */
  z.strictObject({ mode: z.literal('fail_refund'), ...scope }),
  /** Delivers each event twice. */
  z.strictObject({ mode: z.literal('duplicate_webhook'), ...webhookScope }),
  /** Delivers each event after `delayMs`. */
  z.strictObject({ mode: z.literal('delay_webhook'), delayMs, ...webhookScope }),
  /** Delivers each event after a random time of up to `delayMs`, so that events overtake each other. */
  z.strictObject({ mode: z.literal('reorder_webhook'), delayMs, ...webhookScope }),
  /** Never delivers. */
  z.strictObject({ mode: z.literal('drop_webhook'), ...webhookScope }),
])
export type FaultSpec = z.output<typeof faultSchema>
export type FaultMode = FaultSpec['mode']
export type Fault = FaultSpec & { id: string; hits: number; endsAt: string | null }
export type WebhookFault = Extract<Fault, { event: string }>

/** Limit of active faults; a caller that exceeds it has a bug. */
export const faultsMax = 100

/** The active faults. They live in memory only: a restart ends them all. */
export class Faults {
  #active: { fault: Fault; endsAtMs: number }[] = []

  /** Returns undefined when `faultsMax` faults are active. */
  add(spec: FaultSpec): Fault | undefined {
    if (this.list().length >= faultsMax) return undefined
    const endsAtMs = spec.forMs === undefined ? Infinity : Date.now() + spec.forMs
    const endsAt = spec.forMs === undefined ? null : new Date(endsAtMs).toISOString()
    const fault = { ...spec, id: newId('fault'), hits: 0, endsAt }
    this.#active.push({ fault, endsAtMs })
    return fault
  }

  list(): Fault[] {
    if (this.#active.length > 0) {
      const now = Date.now()
      this.#active = this.#active.filter(
        ({ fault, endsAtMs }) => endsAtMs > now && fault.hits < (fault.count ?? Infinity),
      )
    }
    return this.#active.map(({ fault }) => fault)
  }

  /** Returns false when no such fault is active. */
  remove(id: string): boolean {
    const before = this.list().length
    this.#active = this.#active.filter(({ fault }) => fault.id !== id)
    return this.#active.length < before
  }

  clear(): void {
    this.#active = []
  }

  /** Returns the oldest fault of these modes that hits a call of these operations, and counts the hit. */
  match(operations: readonly Operation[], modes: readonly FaultMode[]): Fault | undefined {
    return this.#firstHit(
      (fault) =>
        modes.includes(fault.mode) &&
        'operation' in fault &&
        (fault.operation === 'any' || operations.includes(fault.operation)),
    )
  }

  /** Returns the oldest fault that hits an event of this type, and counts the hit. */
  matchEvent(type: string): WebhookFault | undefined {
    const fault = this.#firstHit((active) => 'event' in active && (active.event === 'any' || active.event === type))
    return fault && 'event' in fault ? fault : undefined
  }

  #firstHit(hits: (fault: Fault) => boolean): Fault | undefined {
    if (this.#active.length === 0) return undefined
    const hit = this.list().find(
      (fault) => hits(fault) && (fault.probability === 1 || Math.random() < fault.probability),
    )
    if (hit) hit.hits++
    return hit
  }
}

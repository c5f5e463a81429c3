import { z } from 'zod'
import { newId } from './ids.ts'

const operations = ['create', 'confirm', 'capture', 'cancel', 'refund', 'retrieve'] as const
export type Operation = (typeof operations)[number]

const delayMs = z.int().min(0).max(600_000)
const scope = {
  /** Which calls it hits; a create that confirms counts as both. */
  operation: z.enum([...operations, 'any']).default('any'),
  /** Ends after this many calls were hit. */
  count: z.int().min(1).max(1_000_000).optional(),
  /** Ends by itself after this time. */
  forMs: z.int().min(1).max(86_400_000).optional(),
  /** Share of the calls that it hits. */
  probability: z.number().gt(0).max(1).default(1),
}

/** What can happen to an event, once, before its first delivery. */
const webhookScope = {
  /** Which events it hits, such as `refund.created`. */
  event: z.string().min(1).max(60).default('any'),
  count: scope.count,
  forMs: scope.forMs,
  probability: scope.probability,
}

/** What can be made to go wrong. */
export const faultSchema = z.discriminatedUnion('mode', [
  /** Executes at once, answers after `delayMs`. */
  z.strictObject({ mode: z.literal('slow'), delayMs, ...scope }),
  /** Executes nothing, answers `status`, and keeps that answer under the idempotency key as Stripe does. */
  z.strictObject({ mode: z.literal('fail'), status: z.int().min(500).max(599).default(500), ...scope }),
  /** Executes nothing and never answers. */
  z.strictObject({ mode: z.literal('hang'), ...scope }),
  /** Executes after `delayMs`, though the client has gone, and then answers. */
  z.strictObject({ mode: z.literal('late'), delayMs, ...scope }),
  /** Declines every confirm. */
  z.strictObject({ mode: z.literal('decline'), ...scope }),
  /** Executes, then destroys the connection. */
  z.strictObject({ mode: z.literal('lose_reply'), ...scope }),
  /** Destroys connections without executing. */
  z.strictObject({ mode: z.literal('down'), ...scope }),
  /** Refunds wait for the bank until they are settled by the control endpoint. */
  z.strictObject({ mode: z.literal('pend_refund'), ...scope }),
  /** The bank refuses refunds: the money goes out and comes back at once. */
  z.strictObject({ mode: z.literal('fail_refund'), ...scope }),
  /** Delivers each event twice. */
  z.strictObject({ mode: z.literal('duplicate_webhook'), ...webhookScope }),
  /** Delivers each event after `delayMs`. */
  z.strictObject({ mode: z.literal('delay_webhook'), delayMs, ...webhookScope }),
  /** Delivers each event after a random time of up to `delayMs`, so that they overtake each other. */
  z.strictObject({ mode: z.literal('reorder_webhook'), delayMs, ...webhookScope }),
  /** Never delivers. */
  z.strictObject({ mode: z.literal('drop_webhook'), ...webhookScope }),
])
export type FaultOrder = z.output<typeof faultSchema>
export type FaultMode = FaultOrder['mode']
export type Fault = FaultOrder & { id: string; hits: number; endsAt: string | null }
export type WebhookFault = Extract<Fault, { event: string }>

/** More at once would be a mistake of the caller. */
export const faultsMax = 100

/** The faults that are switched on, in memory only: a restart heals the provider. */
export class Faults {
  #active: { fault: Fault; endsAtMs: number }[] = []

  /** Undefined where as many as there may be are active. */
  add(order: FaultOrder): Fault | undefined {
    if (this.list().length >= faultsMax) return undefined
    const endsAtMs = order.forMs === undefined ? Infinity : Date.now() + order.forMs
    const endsAt = order.forMs === undefined ? null : new Date(endsAtMs).toISOString()
    const fault = { ...order, id: newId('fault'), hits: 0, endsAt }
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

  /** Whether there was one to remove. */
  remove(id: string): boolean {
    const before = this.list().length
    this.#active = this.#active.filter(({ fault }) => fault.id !== id)
    return this.#active.length < before
  }

  clear(): void {
    this.#active = []
  }

  /** The oldest fault of these modes that hits a call of these operations; the hit is counted. */
  take(called: readonly Operation[], modes: readonly FaultMode[]): Fault | undefined {
    return this.#take(
      (fault) =>
        modes.includes(fault.mode) &&
        'operation' in fault &&
        (fault.operation === 'any' || called.includes(fault.operation)),
    )
  }

  /** The oldest fault that hits an event of this type; the hit is counted. */
  takeForEvent(type: string): WebhookFault | undefined {
    const fault = this.#take((active) => 'event' in active && (active.event === 'any' || active.event === type))
    return fault && 'event' in fault ? fault : undefined
  }

  #take(hits: (fault: Fault) => boolean): Fault | undefined {
    if (this.#active.length === 0) return undefined
    const hit = this.list().find(
      (fault) => hits(fault) && (fault.probability === 1 || Math.random() < fault.probability),
    )
    if (hit) hit.hits++
    return hit
  }
}

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
])
export type FaultOrder = z.output<typeof faultSchema>
export type FaultMode = FaultOrder['mode']
export type Fault = FaultOrder & { id: string; hits: number; endsAt: string | null }

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
    if (this.#active.length === 0) return undefined
    const hit = this.list().find(
      ({ mode, operation, probability }) =>
        modes.includes(mode) &&
        (operation === 'any' || called.includes(operation)) &&
        (probability === 1 || Math.random() < probability),
    )
    if (hit) hit.hits++
    return hit
  }
}

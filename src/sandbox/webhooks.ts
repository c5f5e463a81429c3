import { createHmac } from 'node:crypto'
import type { Faults } from './faults.ts'
import type { PendingEvent } from './model.ts'
import { renderEvent } from './render.ts'

export interface SandboxLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface WebhookTarget {
  url: string
  /** Signs the deliveries; `whsec_...` at Stripe. */
  secret: string
}

interface WebhookOptions {
  target: WebhookTarget
  publicUrl: () => string
  faults: Faults
  logger: SandboxLogger
  /** An event that needs no more delivery: taken by the receiver, or given up. */
  onDone: (id: string) => void
}

const concurrencyMax = 8
const deliveryTimeoutMs = 5_000
const backoffMinMs = 250
const backoffMaxMs = 30_000
/** Failures in a row after which the receiver counts as dead and is only probed. */
const deadAfterFailures = 8
const eventLifetimeMs = 3 * 24 * 60 * 60 * 1000
/** Beyond it the oldest are given up: a receiver that never comes back must not fill the memory. */
const pendingMax = 50_000

/**
 * Delivers events at least once and in no particular order. A refused delivery is tried again after a growing pause; after several
 * in a row one probe at a time is sent, so that a dead receiver costs next to nothing.
 */
export class Webhooks {
  #options: WebhookOptions
  #pending = new Map<string, { event: PendingEvent; attempts: number; deliveriesLeft: number }>()
  #ready: string[] = []
  #timers = new Set<NodeJS.Timeout>()
  #stop = new AbortController()
  #inFlight = 0
  #failuresInARow = 0
  #pausedUntilMs = 0

  constructor(options: WebhookOptions) {
    this.#options = options
  }

  get pending(): number {
    return this.#pending.size
  }

  enqueue(events: Iterable<PendingEvent>): void {
    for (const event of events) this.#add(event)
    for (const id of this.#pending.keys()) {
      if (this.#pending.size <= pendingMax) break
      this.#giveUp(id, 'too many wait')
    }
    this.#pump()
  }

  #add(event: PendingEvent): void {
    const fault = this.#options.faults.takeForEvent(event.type)
    if (fault?.mode === 'drop_webhook') return this.#options.onDone(event.id)
    const copies = fault?.mode === 'duplicate_webhook' ? 2 : 1
    this.#pending.set(event.id, { event, attempts: 0, deliveriesLeft: copies })
    const due = (): void => {
      this.#ready.push(...Array<string>(copies).fill(event.id))
    }
    if (fault?.mode !== 'delay_webhook' && fault?.mode !== 'reorder_webhook') return due()
    const delayMs = fault.mode === 'delay_webhook' ? fault.delayMs : Math.random() * fault.delayMs
    this.#after(delayMs, () => {
      due()
      this.#pump()
    })
  }

  /** What is pending stays in the ledger and is delivered after the next start. */
  stop(): void {
    this.#stop.abort()
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    this.#ready = []
  }

  #pump(): void {
    const concurrency = this.#failuresInARow >= deadAfterFailures ? 1 : concurrencyMax
    while (this.#inFlight < concurrency && !this.#stop.signal.aborted) {
      if (Date.now() < this.#pausedUntilMs) return
      const id = this.#ready.shift()
      if (id === undefined) return
      const waiting = this.#pending.get(id)
      if (!waiting) continue
      if (waiting.event.createdAtMs < Date.now() - eventLifetimeMs) {
        this.#giveUp(id, 'three days have passed')
        continue
      }
      this.#inFlight++
      void this.#deliver(waiting.event).then((failure) => this.#settle(id, failure))
    }
  }

  #settle(id: string, failure: string | null): void {
    this.#inFlight--
    const waiting = this.#pending.get(id)
    if (this.#stop.signal.aborted) return
    if (failure === null) {
      this.#failuresInARow = 0
      this.#pausedUntilMs = 0
      if (waiting) waiting.deliveriesLeft--
      if (waiting?.deliveriesLeft === 0 && this.#pending.delete(id)) this.#options.onDone(id)
    } else if (waiting) {
      this.#failuresInARow++
      if (this.#failuresInARow >= deadAfterFailures) {
        const pauseMs = backoffMs(this.#failuresInARow - deadAfterFailures)
        this.#pausedUntilMs = Date.now() + pauseMs
        // A timer may fire a millisecond before the clock agrees.
        this.#after(pauseMs + 5, () => this.#pump())
      }
      const { attempts, event } = waiting
      if (attempts === 0)
        this.#options.logger.warn({ event: id, type: event.type, failure }, 'webhook not delivered; it is tried again')
      waiting.attempts++
      this.#after(backoffMs(attempts), () => {
        this.#ready.push(id)
        this.#pump()
      })
    }
    this.#pump()
  }

  #after(delayMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, delayMs)
    this.#timers.add(timer)
  }

  #giveUp(id: string, reason: string): void {
    if (!this.#pending.delete(id)) return
    this.#options.logger.error({ event: id, reason }, 'webhook given up')
    this.#options.onDone(id)
  }

  /** Null once the receiver has answered 2xx, else what went wrong. Redirects count as failures, as they do at Stripe. */
  async #deliver(event: PendingEvent): Promise<string | null> {
    const { target, publicUrl } = this.#options
    const body = JSON.stringify(renderEvent(event, publicUrl()))
    try {
      const response = await fetch(target.url, {
        method: 'POST',
        body,
        redirect: 'manual',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks; sandbox)',
          'stripe-signature': signatureOf(body, target.secret),
        },
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(deliveryTimeoutMs)]),
      })
      await response.body?.cancel()
      return response.ok ? null : `answered ${response.status}`
    } catch (error) {
      const { message, cause } = error as Error
      return cause instanceof Error ? cause.message : message
    }
  }
}

/** Docs.stripe.com/webhooks/signature: HMAC-SHA256 of the time and the body, so that neither can be forged or replayed. */
function signatureOf(body: string, secret: string): string {
  const timestamp = Math.floor(Date.now() / 1000)
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
  return `t=${timestamp},v1=${signature}`
}

function backoffMs(attempts: number): number {
  const fullMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** attempts)
  return fullMs / 2 + (Math.random() * fullMs) / 2
}

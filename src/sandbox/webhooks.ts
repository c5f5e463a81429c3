import { createHmac } from 'node:crypto'
import type { Faults } from './faults.ts'
import type { PendingEvent } from './model.ts'
import { renderEvent } from './render.ts'

export interface SandboxLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** The webhook endpoint of the shop. */
export interface WebhookEndpoint {
  url: string
  /** Secret that signs the deliveries; `whsec_...` at Stripe. */
  secret: string
}

interface WebhookOptions {
  endpoint: WebhookEndpoint
  publicUrl: () => string
  faults: Faults
  logger: SandboxLogger
  /** Called when an event needs no more delivery: acknowledged by the endpoint, or dropped. */
  onDone: (id: string) => void
}

const concurrencyMax = 8
const deliveryTimeoutMs = 5_000
const backoffMinMs = 250
const backoffMaxMs = 30_000
/** Consecutive failures that open the circuit breaker. */
const breakerThreshold = 8
const eventLifetimeMs = 3 * 24 * 60 * 60 * 1000
/** Bound on memory when the endpoint stays unreachable: beyond it the oldest events are dropped. */
const pendingMax = 50_000

/**
 * Delivers events at least once and in no particular order. A failed delivery is retried with exponential backoff and jitter.
 * Circuit breaker: after `breakerThreshold` consecutive failures only one probe at a time is sent.
 */
export class WebhookDispatcher {
  #options: WebhookOptions
  #pending = new Map<string, { event: PendingEvent; attempts: number; deliveriesLeft: number }>()
  #ready: string[] = []
  #timers = new Set<NodeJS.Timeout>()
  #stop = new AbortController()
  #inFlight = 0
  #consecutiveFailures = 0
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
      this.#drop(id, 'too many events are pending')
    }
    this.#pump()
  }

  #add(event: PendingEvent): void {
    const fault = this.#options.faults.matchEvent(event.type)
    if (fault?.mode === 'drop_webhook') return this.#options.onDone(event.id)
    const copies = fault?.mode === 'duplicate_webhook' ? 2 : 1
    this.#pending.set(event.id, { event, attempts: 0, deliveriesLeft: copies })
    const makeReady = (): void => {
      this.#ready.push(...Array<string>(copies).fill(event.id))
    }
    if (fault?.mode !== 'delay_webhook' && fault?.mode !== 'reorder_webhook') return makeReady()
    const delayMs = fault.mode === 'delay_webhook' ? fault.delayMs : Math.random() * fault.delayMs
    this.#schedule(delayMs, () => {
      makeReady()
      this.#pump()
    })
  }

  /** Stops deliveries. Pending events stay in the ledger and are delivered after the next start. */
  stop(): void {
    this.#stop.abort()
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    this.#ready = []
  }

  #pump(): void {
    const concurrency = this.#consecutiveFailures >= breakerThreshold ? 1 : concurrencyMax
    while (this.#inFlight < concurrency && !this.#stop.signal.aborted) {
      if (Date.now() < this.#pausedUntilMs) return
      const id = this.#ready.shift()
      if (id === undefined) return
      const pending = this.#pending.get(id)
      if (!pending) continue
      if (pending.event.createdAtMs < Date.now() - eventLifetimeMs) {
        this.#drop(id, 'not delivered within three days')
        continue
      }
      this.#inFlight++
      void this.#deliver(pending.event).then((failure) => this.#settle(id, failure))
    }
  }

  #settle(id: string, failure: string | null): void {
    this.#inFlight--
    const pending = this.#pending.get(id)
    if (this.#stop.signal.aborted) return
    if (failure === null) {
      this.#consecutiveFailures = 0
      this.#pausedUntilMs = 0
      if (pending) pending.deliveriesLeft--
      if (pending?.deliveriesLeft === 0 && this.#pending.delete(id)) this.#options.onDone(id)
    } else if (pending) {
      this.#consecutiveFailures++
      if (this.#consecutiveFailures >= breakerThreshold) {
        const pauseMs = backoffMs(this.#consecutiveFailures - breakerThreshold)
        this.#pausedUntilMs = Date.now() + pauseMs
        // A timer may fire a millisecond early by the clock.
        this.#schedule(pauseMs + 5, () => this.#pump())
      }
      const { attempts, event } = pending
      if (attempts === 0)
        this.#options.logger.warn({ event: id, type: event.type, failure }, 'webhook not delivered; it will be retried')
      pending.attempts++
      this.#schedule(backoffMs(attempts), () => {
        this.#ready.push(id)
        this.#pump()
      })
    }
    this.#pump()
  }

  #schedule(delayMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, delayMs)
    this.#timers.add(timer)
  }

  #drop(id: string, reason: string): void {
    if (!this.#pending.delete(id)) return
    this.#options.logger.error({ event: id, reason }, 'webhook dropped')
    this.#options.onDone(id)
  }

  /** Returns null when the endpoint responds with 2xx, else the reason of the failure. As at Stripe, a redirect is a failure. */
  async #deliver(event: PendingEvent): Promise<string | null> {
    const { endpoint: target, publicUrl } = this.#options
    const body = JSON.stringify(renderEvent(event, publicUrl()))
    try {
      const response = await fetch(target.url, {
        method: 'POST',
        body,
        redirect: 'manual',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks; sandbox)',
          'stripe-signature': signatureHeader(body, target.secret),
        },
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(deliveryTimeoutMs)]),
      })
      await response.body?.cancel()
      return response.ok ? null : `responded with status ${response.status}`
    } catch (error) {
      const { message, cause } = error as Error
      return cause instanceof Error ? cause.message : message
    }
  }
}

/** Value of `stripe-signature`: HMAC-SHA256 over timestamp and body, against forgery and replay (docs.stripe.com/webhooks/signature). */
function signatureHeader(body: string, secret: string): string {
  const timestamp = Math.floor(Date.now() / 1000)
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
  return `t=${timestamp},v1=${signature}`
}

function backoffMs(attempts: number): number {
  const fullMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** attempts)
  return fullMs / 2 + (Math.random() * fullMs) / 2
}

import { hash } from 'node:crypto'
import { ApiError, invalidRequest } from './api-error.ts'
import { canonicalForm } from './form.ts'
import type { Answer } from './model.ts'

/** A call under an idempotency key: what it must look like to count as the same. */
export interface KeyedCall {
  key: string
  path: string
  /** Digest of the parameters, in whatever order they were sent. */
  print: string
}

export interface IdempotencyRecord extends KeyedCall {
  atMs: number
  answer: Answer
}

const lifetimeMs = 24 * 60 * 60 * 1000
const keyLengthMax = 255
/** A bound for memory, far above what a day of one shop brings: beyond it the oldest records go before their day is over. */
const recordsMax = 1_000_000

/** What a key's claim found: the answer of an earlier call, or nothing, in which case the key is held until released. */
export interface Claim {
  replay: Answer | null
  release: () => void
}

/** Stripe's idempotency (docs.stripe.com/api/idempotent_requests): keys, the answers kept under them for 24 hours, and what is in flight. */
export class Idempotency {
  #records = new Map<string, IdempotencyRecord>()
  #inFlight = new Map<string, KeyedCall>()

  get size(): number {
    this.#expire(Date.now())
    return this.#records.size
  }

  /** Throws 400 where the key has served another call and 409 while its first call runs; neither is kept. */
  claim(call: KeyedCall, nowMs = Date.now()): Claim {
    this.#expire(nowMs)
    const record = this.#records.get(call.key)
    const earlier = record ?? this.#inFlight.get(call.key)
    if (earlier) checkSame(earlier, call)
    if (record) return { replay: record.answer, release: () => {} }
    if (earlier) {
      const message = `There is currently another in-progress request using this idempotent key: ${call.key}. Please try again later.`
      throw new ApiError(409, { type: 'invalid_request_error', code: 'idempotency_key_in_use', message })
    }
    this.#inFlight.set(call.key, call)
    return { replay: null, release: () => this.#inFlight.delete(call.key) }
  }

  keep(record: IdempotencyRecord): void {
    this.#records.set(record.key, record)
  }

  /** Those that have not expired, oldest first. */
  records(nowMs = Date.now()): IterableIterator<IdempotencyRecord> {
    this.#expire(nowMs)
    return this.#records.values()
  }

  #expire(nowMs: number): void {
    for (const [key, record] of this.#records) {
      if (record.atMs > nowMs - lifetimeMs && this.#records.size <= recordsMax) return
      this.#records.delete(key)
    }
  }
}

/** The call that a request makes, or null without a key. Throws 400 where the key is too long. */
export function keyedCall(key: string | string[] | undefined, path: string, body: string): KeyedCall | null {
  if (typeof key !== 'string' || key === '') return null
  if (key.length > keyLengthMax) {
    throw invalidRequest(`Idempotency keys can be at most ${keyLengthMax} characters long.`, {
      param: 'Idempotency-Key',
    })
  }
  return { key, path, print: hash('sha256', canonicalForm(body), 'base64url') }
}

function checkSame(earlier: KeyedCall, call: KeyedCall): void {
  if (earlier.path === call.path && earlier.print === call.print) return
  const what = earlier.path === call.path ? 'parameters' : `endpoint ('${earlier.path}', not '${call.path}')`
  const message =
    `Keys for idempotent requests can only be used with the same ${what} they were first used with. ` +
    `Try using a key other than '${call.key}' if you meant to execute a different request.`
  throw new ApiError(400, { type: 'idempotency_error', message })
}

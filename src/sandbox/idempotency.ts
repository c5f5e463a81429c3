import { hash } from 'node:crypto'
import { ApiError, invalidRequest } from './api-error.ts'
import { canonicalForm } from './form.ts'
import type { ApiResponse } from './model.ts'

/** A call under an idempotency key. A repeated call must have the same path and parameters. Property names are the journal's format. */
export interface KeyedCall {
  key: string
  path: string
  /** SHA-256 of the parameters, independent of their order. */
  print: string
}

/** A response kept under its idempotency key. */
export interface IdempotencyRecord extends KeyedCall {
  atMs: number
  answer: ApiResponse
}

const lifetimeMs = 24 * 60 * 60 * 1000
const keyLengthMax = 255
/** Bound on memory, far above the daily traffic of one shop. Beyond it the oldest records expire early. */
const recordsMax = 1_000_000

/** Claim of an idempotency key. Without a response to replay, the key is held until `release`. */
export interface Claim {
  /** Response of an earlier call under the key. */
  replay: ApiResponse | null
  release: () => void
}

/** Idempotency keys (docs.stripe.com/api/idempotent_requests): the responses kept for 24 hours, and the calls in flight. */
export class Idempotency {
  #records = new Map<string, IdempotencyRecord>()
  #inFlight = new Map<string, KeyedCall>()

  get size(): number {
    this.#expire(Date.now())
    return this.#records.size
  }

  /** Throws a 400 when the key was used for a different call, and a 409 while its first call runs; neither is kept under the key. */
  claim(call: KeyedCall, nowMs = Date.now()): Claim {
    this.#expire(nowMs)
    const record = this.#records.get(call.key)
    const earlier = record ?? this.#inFlight.get(call.key)
    if (earlier) assertSameCall(earlier, call)
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

  /** The records that have not expired, oldest first. */
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

/** Builds the keyed call of a request, or null without a key. Throws a 400 when the key is too long. */
export function keyedCall(key: string | string[] | undefined, path: string, body: string): KeyedCall | null {
  if (typeof key !== 'string' || key === '') return null
  if (key.length > keyLengthMax) {
    throw invalidRequest(`Idempotency keys can be at most ${keyLengthMax} characters long.`, {
      param: 'Idempotency-Key',
    })
  }
  return { key, path, print: hash('sha256', canonicalForm(body), 'base64url') }
}

function assertSameCall(earlier: KeyedCall, call: KeyedCall): void {
  if (earlier.path === call.path && earlier.print === call.print) return
  const difference = earlier.path === call.path ? 'parameters' : `endpoint ('${earlier.path}', not '${call.path}')`
  const message =
    `Keys for idempotent requests can only be used with the same ${difference} they were first used with. ` +
    `Try using a key other than '${call.key}' if you meant to execute a different request.`
  throw new ApiError(400, { type: 'idempotency_error', message })
}

import { keyMismatch, type IdempotencyKey } from './key.ts'

/**
 * Single-flight per idempotency key: concurrent requests of this process with one key share one execution and one
 * reply.
 */
export type SingleFlight<Reply> = (key: IdempotencyKey, handle: () => Promise<Reply>) => Promise<Reply>

/** @throws AppError `idempotency_mismatch` (from the returned function) while the key is in use for another request */
export function singleFlight<Reply>(): SingleFlight<Reply> {
  const inFlight = new Map<string, { fingerprint: string; done: Promise<Reply> }>()
  return async ({ hash, fingerprint }, handle) => {
    const known = inFlight.get(hash)
    if (known !== undefined && known.fingerprint !== fingerprint) throw keyMismatch()
    if (known !== undefined) return known.done
    const done = handle()
    inFlight.set(hash, { fingerprint, done })
    return done.finally(() => inFlight.delete(hash))
  }
}

import { keyMismatch, type IdempotencyKey } from './key.ts'

/** Whoever asks with a key that this process is handling already gets the answer of the first. */
export type SingleFlight<Answer> = (key: IdempotencyKey, handle: () => Promise<Answer>) => Promise<Answer>

/** @throws AppError `idempotency_mismatch`: the key is being used for another request */
export function singleFlight<Answer>(): SingleFlight<Answer> {
  const underWay = new Map<string, { fingerprint: string; done: Promise<Answer> }>()
  return async ({ hash, fingerprint }, handle) => {
    const known = underWay.get(hash)
    if (known !== undefined && known.fingerprint !== fingerprint) throw keyMismatch()
    if (known !== undefined) return known.done
    const done = handle()
    underWay.set(hash, { fingerprint, done })
    return done.finally(() => underWay.delete(hash))
  }
}

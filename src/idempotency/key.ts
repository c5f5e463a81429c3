import { createHash } from 'node:crypto'
import { canonicalJson } from '#lib/canonical-json'
import { AppError } from '#errors'

/** A client's idempotency key. The hash covers procedure and caller, so that keys of other callers cannot collide. */
export interface IdempotencyKey {
  readonly hash: string
  /** Of the request: one key must not serve two different requests. */
  readonly fingerprint: string
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

/**
 * @param scope procedure and caller, such as `order.place:cart:<id>`
 * @param request the whole input of the request but the key
 */
export const idempotencyKey = (scope: string, key: string, request: unknown): IdempotencyKey => ({
  hash: sha256(`${scope}\n${key}`),
  fingerprint: sha256(canonicalJson(request)),
})

/** The error of a key that was used for a different request. */
export const keyMismatch = (): AppError => new AppError('idempotency_mismatch', { field: 'idempotencyKey' })

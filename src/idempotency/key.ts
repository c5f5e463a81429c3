import { createHash } from 'node:crypto'
import { canonicalJson } from '#lib/canonical-json'
import { AppError } from '#errors'

/** A client's key for one request. Its scope is the procedure and the caller: others' keys never collide with it. */
export interface IdempotencyKey {
  readonly hash: string
  readonly fingerprint: string
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

/**
 * @param scope procedure and caller, such as `order.place:cart:<id>`
 * @param request everything the request asks for, without the key itself
 */
export const idempotencyKey = (scope: string, key: string, request: unknown): IdempotencyKey => ({
  hash: sha256(`${scope}\n${key}`),
  fingerprint: sha256(canonicalJson(request)),
})

export const keyMismatch = (): AppError => new AppError('idempotency_mismatch', { field: 'idempotencyKey' })

import type { TRPC_ERROR_CODE_KEY } from '@trpc/server'

interface ErrorKind {
  readonly rpc: TRPC_ERROR_CODE_KEY
  readonly status: number
  readonly message: string
  /** The same call can succeed later, with the same idempotency key where it has one. */
  readonly isRetryable: boolean
}

/** Every mistake a caller can be told of: what a stranger reads, the HTTP status, and whether trying again can help. */
export const errorKinds = {
  bad_input: { rpc: 'BAD_REQUEST', status: 400, message: 'The request is not valid.', isRetryable: false },
  unsupported_currency: {
    rpc: 'BAD_REQUEST',
    status: 400,
    message: 'The shop does not sell in this currency.',
    isRetryable: false,
  },
  unsupported_country: {
    rpc: 'BAD_REQUEST',
    status: 400,
    message: 'The shop does not deliver to this country.',
    isRetryable: false,
  },
  price_unavailable: {
    rpc: 'BAD_REQUEST',
    status: 400,
    message: 'This product has no price in the currency of the cart.',
    isRetryable: false,
  },
  unauthenticated: { rpc: 'UNAUTHORIZED', status: 401, message: 'Log in first.', isRetryable: false },
  login_failed: { rpc: 'UNAUTHORIZED', status: 401, message: 'E-mail or password is wrong.', isRetryable: false },
  forbidden: { rpc: 'FORBIDDEN', status: 403, message: 'This account may not do that.', isRetryable: false },
  not_found: { rpc: 'NOT_FOUND', status: 404, message: 'There is no such thing here.', isRetryable: false },
  method_not_allowed: {
    rpc: 'METHOD_NOT_SUPPORTED',
    status: 405,
    message: 'Queries are GET, mutations are POST.',
    isRetryable: false,
  },
  too_large: {
    rpc: 'PAYLOAD_TOO_LARGE',
    status: 413,
    message: 'The request is larger than the shop takes.',
    isRetryable: false,
  },
  unsupported_media_type: {
    rpc: 'UNSUPPORTED_MEDIA_TYPE',
    status: 415,
    message: 'Send JSON with content-type application/json.',
    isRetryable: false,
  },
  email_taken: {
    rpc: 'CONFLICT',
    status: 409,
    message: 'An account with this e-mail exists. Log in instead.',
    isRetryable: false,
  },
  cart_closed: {
    rpc: 'CONFLICT',
    status: 409,
    message: 'This cart has been ordered already. Start a new one.',
    isRetryable: false,
  },
  code_unknown: {
    rpc: 'NOT_FOUND',
    status: 404,
    message: 'There is no such code, or it has expired.',
    isRetryable: false,
  },
  cart_full: {
    rpc: 'CONFLICT',
    status: 409,
    message: 'The cart holds as many different lines as it can.',
    isRetryable: false,
  },
  order_state: {
    rpc: 'CONFLICT',
    status: 409,
    message: 'The order is not in a state that allows this.',
    isRetryable: false,
  },
  idempotency_mismatch: {
    rpc: 'CONFLICT',
    status: 409,
    message: 'This idempotency key was used with another request.',
    isRetryable: false,
  },
  in_flight: {
    rpc: 'CONFLICT',
    status: 409,
    message: 'The first request with this key is still being handled. Retry with the same key.',
    isRetryable: true,
  },
  too_many_requests: {
    rpc: 'TOO_MANY_REQUESTS',
    status: 429,
    message: 'Too many attempts. Wait a little and try again.',
    isRetryable: true,
  },
  internal: {
    rpc: 'INTERNAL_SERVER_ERROR',
    status: 500,
    message: 'Something went wrong on our side. It has been noted.',
    isRetryable: true,
  },
  unavailable: {
    rpc: 'SERVICE_UNAVAILABLE',
    status: 503,
    message: 'The shop cannot do this right now. Nothing was changed; try again in a moment.',
    isRetryable: true,
  },
  outcome_unknown: {
    rpc: 'GATEWAY_TIMEOUT',
    status: 504,
    message: 'We do not know yet whether this took effect. Retry with the same idempotency key to learn it.',
    isRetryable: true,
  },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof errorKinds

/** One field that was wrong, as clients get it. */
export interface FieldIssue {
  /** Path in the input such as `lines.0.sku`; empty for the input as a whole. */
  field: string
  message: string
}

/** What every error's `data` holds, whichever way it was answered. */
export function errorData(code: ErrorCode, { issues, requestId }: { issues: FieldIssue[]; requestId: string | null }) {
  const { rpc, status, isRetryable } = errorKinds[code]
  return { code: rpc, httpStatus: status, error: code, isRetryable, issues, requestId }
}

export interface AppErrorOptions {
  /** What this caller can do about it; replaces the table's sentence. Never internals, never personal data. */
  message?: string
  /** The input field at fault, as a path such as `lines.0.sku`. */
  field?: string
  /** When to try again, if that is known better than "in a moment". */
  retryAfterSeconds?: number
  cause?: unknown
}

/** A mistake of the caller, or a state of the shop, that the caller is told of. Anything else that is thrown is answered as `internal`. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly field: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.message ?? errorKinds[code].message, { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.field = options.field
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** The operator's mistake or environment, found at boot: printed as it stands, without a stack, exit code 1. */
export class BootError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BootError'
  }
}

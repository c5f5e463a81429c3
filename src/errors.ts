import type { TRPC_ERROR_CODE_KEY } from '@trpc/server'

interface ErrorKind {
  readonly rpc: TRPC_ERROR_CODE_KEY
  readonly status: number
  readonly message: string
  /** The same call, with the same idempotency key where it has one, can succeed later. */
  readonly isRetryable: boolean
}

/** Error table: for each code its message to callers, its tRPC code and HTTP status, and whether a retry can help. */
export const errorKinds = {
  bad_input: {
    rpc: 'BAD_REQUEST',
    status: 400,
    message: 'The request is not valid. Correct it before trying again.',
    isRetryable: false,
  },
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
  not_found: {
    rpc: 'NOT_FOUND',
    status: 404,
    message: 'Nothing was found at this address or id. Check it and try again.',
    isRetryable: false,
  },
  method_not_allowed: {
    rpc: 'METHOD_NOT_SUPPORTED',
    status: 405,
    message: 'Queries are GET, mutations are POST.',
    isRetryable: false,
  },
  too_large: {
    rpc: 'PAYLOAD_TOO_LARGE',
    status: 413,
    message: 'The request is too large. Send less data.',
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
  password_weak: {
    rpc: 'BAD_REQUEST',
    status: 400,
    message:
      'This password is easy to guess. Choose another one, such as four words that have nothing to do with each other.',
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
    message: 'This code does not exist or has expired.',
    isRetryable: false,
  },
  cart_full: {
    rpc: 'CONFLICT',
    status: 409,
    message: 'The cart is full. Remove a line before adding another.',
    isRetryable: false,
  },
  order_state: {
    rpc: 'CONFLICT',
    status: 409,
    message: 'The current state of the order does not allow this. Reload the order.',
    isRetryable: false,
  },
  idempotency_mismatch: {
    rpc: 'CONFLICT',
    status: 409,
    message: 'This idempotency key was used with a different request. Use a new key.',
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
    message: 'Something went wrong on our side. The error was logged; try again in a moment.',
    isRetryable: true,
  },
  unavailable: {
    rpc: 'SERVICE_UNAVAILABLE',
    status: 503,
    message: 'The shop cannot do this right now. Nothing was changed; try again in a moment.',
    isRetryable: true,
  },
  maintenance: {
    rpc: 'SERVICE_UNAVAILABLE',
    status: 503,
    message: 'The shop is being maintained: nothing can be ordered or changed for some minutes.',
    isRetryable: true,
  },
  outcome_unknown: {
    rpc: 'GATEWAY_TIMEOUT',
    status: 504,
    message: 'It is not known yet whether this took effect. Retry with the same idempotency key to find out.',
    isRetryable: true,
  },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof errorKinds

/** One invalid field, as sent to clients. */
export interface FieldIssue {
  /** Path in the input such as `lines.0.sku`; empty for the input as a whole. */
  field: string
  message: string
}

/** The `data` of every error response, over tRPC and plain HTTP alike. */
export function errorData(code: ErrorCode, { issues, requestId, retryAfterSeconds }: ErrorDetails) {
  const { rpc, status, isRetryable } = errorKinds[code]
  return { code: rpc, httpStatus: status, error: code, isRetryable, issues, requestId, retryAfterSeconds }
}

interface ErrorDetails {
  issues: FieldIssue[]
  requestId: string | null
  /** Time until a retry can succeed, where it is known, s. */
  retryAfterSeconds: number | undefined
}

export interface AppErrorOptions {
  /** Replaces the table's message by one that says what this caller can do. Never internals, never personal data. */
  message?: string
  /** Path of the invalid input field, such as `lines.0.sku`. */
  field?: string
  /** Time until a retry can succeed, where it is known, s. */
  retryAfterSeconds?: number
  cause?: unknown
}

/** An error that is reported to the caller: a mistake of the caller, or a state of the shop. Any other error becomes `internal`. */
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

/** The rejection of a write by `READ_ONLY`, which lasts minutes rather than seconds. */
export const maintenanceError = (): AppError => new AppError('maintenance', { retryAfterSeconds: 60 })

/** An error of configuration or environment found at boot: printed as its message, without a stack; exit code 1. */
export class BootError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BootError'
  }
}

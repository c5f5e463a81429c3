/**
 * Classification of errors. An infrastructure failure says nothing about the message that was being handled, and so
 * spends none of its attempts; any other error is the fault of the work itself.
 */

const lostConnection = /^(08...|57P0[1-5]|25006)$/
const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])
// 40001 serialization, 40P01 deadlock, 55P03 lock timeout, 57014 statement timeout, 25P03/25P04 idle/transaction
// timeout, 53xxx out of connections, memory or disk.
const transient = /^(40001|40P01|55P03|57014|25P0[34]|53...)$/
const clientMessages =
  /connection terminated|connection error|timeout exceeded when trying to connect|query read timeout|client has encountered|not queryable|read-only: a standby|cannot use a pool after/i

/** The connection broke, could not be opened, or leads to a read-only server. */
export const isConnectionLost = (error: unknown): boolean =>
  someCause(
    error,
    ({ code, message }) =>
      (code !== undefined && (lostConnection.test(code) || socketCodes.has(code))) || clientMessages.test(message),
  )

/** No connection could be opened, or the server accepts no writes (25006): nothing took effect. */
export const isUnreachable = (error: unknown): boolean =>
  someCause(
    error,
    ({ code, message }) =>
      (code !== undefined &&
        /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|08001|25006|53300|57P03)$/.test(code)) ||
      /timeout exceeded when trying to connect|cannot use a pool after/i.test(message),
  )

/**
 * The pool's circuit breaker rejected the call without an attempt. The cause was logged with the attempts before it.
 */
export const isCircuitOpen = (error: unknown): boolean =>
  someCause(error, ({ code, cause }) => code === '08001' && cause === undefined)

/** Deadlock, timeout, lost connection, full disk or pool: the same work can succeed later, unchanged. */
export const isInfrastructureFailure = (error: unknown): boolean =>
  isConnectionLost(error) || someCause(error, ({ code }) => code !== undefined && transient.test(code))

/** The statement was rejected because an earlier one of its transaction had failed. */
export const isTransactionAborted = (error: unknown): boolean => someCause(error, ({ code }) => code === '25P02')

/** A CHECK constraint rejects the row. */
export const isCheckViolation = (error: unknown): boolean => someCause(error, ({ code }) => code === '23514')

/** Another transaction held the lock for longer than `lock_timeout`. */
export const isLockTimeout = (error: unknown): boolean => someCause(error, ({ code }) => code === '55P03')

/** An error's root cause for staff: one line, without the parameter values that drizzle puts into its messages. */
export function failureReason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if (error.cause instanceof Error) return failureReason(error.cause)
  return `${error.name}: ${error.message.split('\nparams:')[0]}`.replaceAll(/\s+/g, ' ').slice(0, 500)
}

interface Cause {
  code?: string
  message: string
  cause?: unknown
}

function someCause(error: unknown, test: (cause: Cause) => boolean): boolean {
  for (let current = error, depth = 0; current instanceof Error && depth < 6; current = current.cause, depth += 1) {
    const cause: Cause = current
    if (test(cause)) return true
    if (current instanceof AggregateError && current.errors.some((inner: unknown) => someCause(inner, test)))
      return true
  }
  return false
}

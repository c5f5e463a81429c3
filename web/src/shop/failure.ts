import { TRPCClientError } from '@trpc/client'

/** Why a call failed, as far as the page needs to know. */
export interface Failure {
  /** A code of the shop's error table; `network` where no answer of the shop arrived. */
  code: string
  /** What the shop said, in English. */
  message: string
  /** The outcome may be unknown, or another try may succeed. */
  isRetryable: boolean
  issues: { field: string; message: string }[]
}

interface ErrorData {
  error: string
  isRetryable: boolean
  issues: { field: string; message: string }[]
}

/** An answer without the shop's own error data came from something in between, or never came: the outcome is unknown. */
export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error)
  const data: unknown = error instanceof TRPCClientError ? error.data : undefined
  if (!isErrorData(data)) return { code: 'network', message, isRetryable: true, issues: [] }
  return { code: data.error, message, isRetryable: data.isRetryable, issues: data.issues }
}

const isErrorData = (data: unknown): data is ErrorData =>
  typeof data === 'object' && data !== null && 'error' in data && 'issues' in data

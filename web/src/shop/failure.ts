import { TRPCClientError } from '@trpc/client'

/** A failed request, as the pages show it. */
export interface Failure {
  /** A code of the shop's error table, or `network` when no response of the shop arrived. */
  code: string
  /** The shop's message, in English. */
  message: string
  /** A retry may succeed, or the outcome is unknown. */
  isRetryable: boolean
  issues: { field: string; message: string }[]
  /** Time after which a retry can succeed, s, where the shop knows it. */
  retryAfterSeconds?: number | undefined
}

interface ErrorData {
  error: string
  isRetryable: boolean
  issues: { field: string; message: string }[]
  retryAfterSeconds?: number
}

/** Classifies an error. Without the shop's error data the response was lost or came from a proxy: the outcome is unknown. */
export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error)
  const data: unknown = error instanceof TRPCClientError ? error.data : undefined
  if (!isErrorData(data)) return { code: 'network', message, isRetryable: true, issues: [] }
  return {
    code: data.error,
    message,
    isRetryable: data.isRetryable,
    issues: data.issues,
    retryAfterSeconds: data.retryAfterSeconds,
  }
}

const isErrorData = (data: unknown): data is ErrorData =>
  typeof data === 'object' && data !== null && 'error' in data && 'issues' in data

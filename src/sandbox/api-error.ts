import type { Answer, ErrorBody, Outcome } from './model.ts'

/** A call refused before it executed; such an answer is never kept under the idempotency key, so that it can be mended and sent again. */
export class ApiError extends Error {
  readonly status: number
  readonly body: ErrorBody

  constructor(status: number, body: ErrorBody) {
    super(body.message)
    this.name = 'ApiError'
    this.status = status
    this.body = body
  }
}

export function invalidRequest(message: string, detail: { code?: string; param?: string } = {}): ApiError {
  return new ApiError(400, { type: 'invalid_request_error', message, ...detail })
}

/** An id in the path that leads nowhere is 404; one in the parameters is 400. */
export function missing(kind: string, id: string, param: string, status: 400 | 404 = 404): ErrorAnswer {
  return {
    status,
    error: { type: 'invalid_request_error', code: 'resource_missing', param, message: `No such ${kind}: '${id}'` },
  }
}

/** An outcome that changes nothing: what was asked does not fit the state. */
export function rejected(error: Omit<ErrorBody, 'type'>): Outcome {
  return { status: 400, error: { type: 'invalid_request_error', ...error }, events: [] }
}

export interface ErrorAnswer extends Answer {
  error: ErrorBody
}

/** The same answer, thrown. */
export function rejection({ status, error }: ErrorAnswer): ApiError {
  return new ApiError(status, error)
}

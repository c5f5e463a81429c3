import type { ApiResponse, ErrorBody, Outcome } from './model.ts'

/** Rejection of a request before it executed. It is never kept under the idempotency key: the client can correct the request and send it again. */
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

/** A 400 `invalid_request_error`, with the code and the parameter that Stripe reports. */
export function invalidRequest(message: string, detail: { code?: string; param?: string } = {}): ApiError {
  return new ApiError(400, { type: 'invalid_request_error', message, ...detail })
}

/** Response for an unknown id: 404 for an id in the path, 400 for an id in the parameters. */
export function resourceMissing(kind: string, id: string, param: string, status: 400 | 404 = 404): ErrorResponse {
  return {
    status,
    error: { type: 'invalid_request_error', code: 'resource_missing', param, message: `No such ${kind}: '${id}'` },
  }
}

/** Outcome of a request that does not fit the object's state; it changes nothing. */
export function rejectedOutcome(error: Omit<ErrorBody, 'type'>): Outcome {
  return { status: 400, error: { type: 'invalid_request_error', ...error }, events: [] }
}

export interface ErrorResponse extends ApiResponse {
  error: ErrorBody
}

/** Converts an error response into an error to throw. */
export function toApiError({ status, error }: ErrorResponse): ApiError {
  return new ApiError(status, error)
}

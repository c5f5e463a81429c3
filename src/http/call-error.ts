import { getTRPCErrorFromUnknown, getTRPCErrorShape, type TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import type { FastifyReply } from 'fastify'
import { AppError } from '#errors'
import type { CallTarget, ProcedureCall } from './procedure-call.ts'
import { retryAfter } from './retry-after.ts'

/** The target of a call that has failed, perhaps because it names no procedure. */
export interface FailedTarget extends Pick<CallTarget, 'router' | 'ctx'> {
  call: { path: string; type: ProcedureCall['type'] | 'unknown' }
  /** As it came, for the issues of missing fields. */
  input?: unknown
}

/** Sends the error that a call has thrown, with the bytes that tRPC's adapter would send. */
export async function sendCallError(reply: FastifyReply, thrown: unknown, target: FailedTarget): Promise<void> {
  const { error, body } = errorBodyOf(thrown, target)
  reply
    .header('vary', 'trpc-accept, accept')
    .headers(errorHeaders([error]))
    .status(getHTTPStatusCodeFromError(error))
  await reply.send(Buffer.from(body))
}

/** The error of a call, with its body in a response. */
export function errorBodyOf(
  thrown: unknown,
  { router, ctx, call, input }: FailedTarget,
): { error: TRPCError; body: string } {
  const error = getTRPCErrorFromUnknown(thrown)
  const shape: unknown = getTRPCErrorShape({
    config: router._def._config,
    ctx: ctx(),
    error,
    input,
    path: call.path,
    type: call.type,
  })
  return { error, body: JSON.stringify({ error: shape }) }
}

/** Headers that tRPC leaves out: the type of an error before the call is recognised, and Retry-After. */
export const errorHeaders = (errors: readonly TRPCError[]): Record<string, string> => ({
  'content-type': 'application/json',
  ...retryAfterHeader(errors.find(({ code }) => code === 'SERVICE_UNAVAILABLE' || code === 'TOO_MANY_REQUESTS')),
})

const retryAfterHeader = (error: TRPCError | undefined): Record<string, string> =>
  error === undefined ? {} : { 'retry-after': retryAfter(error.cause instanceof AppError ? error.cause : undefined) }

/** Transient: a failure of the server's own, so that a stale response is better than the error. */
export const isTransient = (error: unknown): boolean =>
  getHTTPStatusCodeFromError(getTRPCErrorFromUnknown(error)) >= 500

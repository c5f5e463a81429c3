import { getTRPCErrorFromUnknown, getTRPCErrorShape, type TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import type { FastifyReply } from 'fastify'
import { AppError } from '#errors'
import type { CallTarget } from './procedure-call.ts'
import { retryAfter } from './retry-after.ts'

/** Sends the error that a call has thrown, with the bytes that tRPC's adapter would send. */
export async function sendCallError(
  reply: FastifyReply,
  thrown: unknown,
  { router, ctx, call, input }: CallTarget & { input: unknown },
): Promise<void> {
  const error = getTRPCErrorFromUnknown(thrown)
  const shape: unknown = getTRPCErrorShape({
    config: router._def._config,
    ctx: ctx(),
    error,
    input,
    path: call.path,
    type: call.type,
  })
  reply
    .header('vary', 'trpc-accept, accept')
    .headers(errorHeaders([error]))
    .status(getHTTPStatusCodeFromError(error))
  await reply.send(Buffer.from(JSON.stringify({ error: shape })))
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

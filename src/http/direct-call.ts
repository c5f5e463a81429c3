import {
  callTRPCProcedure,
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  TRPCError,
  type AnyTRPCRouter,
  type TRPCProcedureType,
} from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Context, Meta } from '#rpc'

/**
 * The short path: a single JSON call goes straight to its procedure. tRPC's own adapter builds web Request and Response
 * objects for each call, which costs more than most calls do. Same bytes on the wire; whatever is unusual (batches,
 * streams, unknown procedures, wrong methods) is left to the adapter.
 */

export interface DirectCall {
  path: string
  type: TRPCProcedureType
  /** Set where the answer is the same for everybody. */
  madeFrom: readonly string[] | undefined
  /** The input as the procedure will see it. @throws when it is not valid */
  parse(input: unknown): unknown
}

interface Definition {
  type: TRPCProcedureType
  meta?: Meta
  inputs: readonly { parse(input: unknown): unknown }[]
}

/** The call this request makes, if it is of the usual kind. */
export function directCall(router: AnyTRPCRouter, request: FastifyRequest): DirectCall | undefined {
  const { path } = request.params as { path: string }
  const { batch, connectionParams } = request.query as Record<string, unknown>
  if (batch !== undefined || connectionParams !== undefined || request.headers['trpc-accept'] !== undefined)
    return undefined
  const definition = definitionOf(router, path)
  if (definition === undefined) return undefined
  const { type, meta, inputs } = definition
  // A query may be sent by POST, which keeps its input out of the address.
  const isUsual = request.method === 'POST' ? type !== 'subscription' : request.method === 'GET' && type === 'query'
  if (!isUsual) return undefined
  return {
    path,
    type,
    madeFrom: meta?.madeFrom,
    parse: (input) => inputs.reduce((value, schema) => schema.parse(value), input),
  }
}

/** Whether everybody gets the same answer of this procedure. */
export const isPublic = (router: AnyTRPCRouter, path: string): boolean =>
  definitionOf(router, path)?.meta?.madeFrom !== undefined

function definitionOf(router: AnyTRPCRouter, path: string): Definition | undefined {
  const procedures = router._def.procedures as unknown as Record<string, { _def: Definition }>
  return Object.hasOwn(procedures, path) ? procedures[path]?._def : undefined
}

export interface DirectCallOptions {
  router: AnyTRPCRouter
  ctx(): Context
  call: DirectCall
  /** Headers for these errors, as the adapter would send them. */
  headersOf(errors: readonly TRPCError[]): Record<string, string>
}

/** Calls the procedure and sends its answer. Never throws: what is thrown is answered. */
export async function answerDirectly(
  request: FastifyRequest,
  reply: FastifyReply,
  options: DirectCallOptions,
): Promise<void> {
  const { router, call } = options
  const ctx = options.ctx()
  reply.header('content-type', 'application/json').header('vary', 'trpc-accept, accept')
  try {
    const data: unknown = await callTRPCProcedure({
      router,
      ctx,
      path: call.path,
      type: call.type,
      getRawInput: async () => rawInput(request),
      signal: undefined,
      batchIndex: 0,
    })
    // A buffer, since Fastify adds a charset to the type of a string.
    await reply.send(Buffer.from(JSON.stringify({ result: { data } })))
  } catch (thrown) {
    await answerError(reply, thrown, { ...options, ctx: () => ctx })
  }
}

/** What a call has thrown, as the adapter would send it. */
export async function answerError(
  reply: FastifyReply,
  thrown: unknown,
  { router, ctx, call, headersOf }: DirectCallOptions,
): Promise<void> {
  const error = getTRPCErrorFromUnknown(thrown)
  const shape: unknown = getTRPCErrorShape({
    config: router._def._config,
    ctx: ctx(),
    error,
    input: undefined,
    path: call.path,
    type: call.type,
  })
  reply
    .header('vary', 'trpc-accept, accept')
    .headers(headersOf([error]))
    .status(getHTTPStatusCodeFromError(error))
  await reply.send(Buffer.from(JSON.stringify({ error: shape })))
}

/** @throws TRPCError BAD_REQUEST when it is not JSON */
export function rawInput(request: FastifyRequest): unknown {
  const text = request.method === 'GET' ? (request.query as { input?: unknown }).input : request.body
  if (text === undefined || text === null || text === '') return undefined
  if (typeof text !== 'string') throw new TRPCError({ code: 'BAD_REQUEST', message: 'the input must be given once' })
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TRPCError({ code: 'BAD_REQUEST', message: 'the input must be JSON', cause })
  }
}

import type { AnyTRPCRouter, TRPCProcedureType } from '@trpc/server'
import type { FastifyRequest } from 'fastify'
import type { Context, Meta } from '#rpc'
import type { CallClass } from './load-shedding.ts'

/** A single JSON call of a known procedure, as recognised in a request. */
export interface ProcedureCall {
  path: string
  type: TRPCProcedureType
  /** Set where the response is the same for everyone: see {@link Meta.cacheTags}. */
  cacheTags: readonly string[] | undefined
  /** The input as the procedure sees it. @throws ZodError when it is not valid */
  parse(input: unknown): unknown
}

/** A call with everything that its execution needs. */
export interface CallTarget {
  router: AnyTRPCRouter
  ctx(): Context
  call: ProcedureCall
}

interface Definition {
  type: TRPCProcedureType
  meta?: Meta
  inputs: readonly { parse(input: unknown): unknown }[]
}

/** @returns undefined for a batch, a stream, an unknown procedure or a wrong method */
export function recogniseCall(router: AnyTRPCRouter, request: FastifyRequest): ProcedureCall | undefined {
  const { path } = request.params as { path: string }
  const { batch, connectionParams } = request.query as Record<string, unknown>
  if (batch !== undefined || connectionParams !== undefined || request.headers['trpc-accept'] !== undefined)
    return undefined
  const call = procedureAt(router, path)
  if (call === undefined) return undefined
  // A query may be sent by POST, which keeps its input out of the URL.
  const isRightMethod =
    request.method === 'POST' ? call.type !== 'subscription' : request.method === 'GET' && call.type === 'query'
  return isRightMethod ? call : undefined
}

/** The class of a call for load shedding: browsing is what is the same for everyone. */
export const classOf = ({ cacheTags }: Pick<ProcedureCall, 'cacheTags'>): CallClass =>
  cacheTags === undefined ? 'checkout' : 'browse'

/** A call of the procedure of this very name. @returns undefined where there is none */
export function procedureAt(router: AnyTRPCRouter, path: string): ProcedureCall | undefined {
  const procedures = router._def.procedures as unknown as Record<string, { _def: Definition }>
  const definition = Object.hasOwn(procedures, path) ? procedures[path]?._def : undefined
  if (definition === undefined) return undefined
  const { type, meta, inputs } = definition
  return {
    path,
    type,
    cacheTags: meta?.cacheTags,
    parse: (input) => inputs.reduce((value, schema) => schema.parse(value), input),
  }
}

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

/** @returns undefined for a batch, a stream, an unknown procedure or a wrong method: tRPC's adapter handles those */
export function recogniseCall(router: AnyTRPCRouter, request: FastifyRequest): ProcedureCall | undefined {
  const { path } = request.params as { path: string }
  const { batch, connectionParams } = request.query as Record<string, unknown>
  if (batch !== undefined || connectionParams !== undefined || request.headers['trpc-accept'] !== undefined)
    return undefined
  const definition = definitionOf(router, path)
  if (definition === undefined) return undefined
  const { type, meta, inputs } = definition
  // A query may be sent by POST, which keeps its input out of the URL.
  const isRightMethod =
    request.method === 'POST' ? type !== 'subscription' : request.method === 'GET' && type === 'query'
  if (!isRightMethod) return undefined
  return {
    path,
    type,
    cacheTags: meta?.cacheTags,
    parse: (input) => inputs.reduce((value, schema) => schema.parse(value), input),
  }
}

/** The class of a request for load shedding: a batch is browsing if all of its calls are to public procedures. */
export const callClassOf = (router: AnyTRPCRouter, path: string): CallClass =>
  path.split(',').every((each) => definitionOf(router, each)?.meta?.cacheTags !== undefined) ? 'browse' : 'checkout'

function definitionOf(router: AnyTRPCRouter, path: string): Definition | undefined {
  const procedures = router._def.procedures as unknown as Record<string, { _def: Definition }>
  return Object.hasOwn(procedures, path) ? procedures[path]?._def : undefined
}

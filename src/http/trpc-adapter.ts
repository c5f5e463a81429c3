import type { AnyTRPCRouter } from '@trpc/server'
import { fastifyRequestHandler } from '@trpc/server/adapters/fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '#rpc'
import { errorHeaders } from './call-error.ts'

export interface AdapterOptions {
  router: AnyTRPCRouter
  path: string
  ctx(): Context
}

/** tRPC's own Fastify adapter, for single calls that are not plain JSON: streams and wrong methods. */
export async function executeByAdapter(
  req: FastifyRequest,
  res: FastifyReply,
  { router, path, ctx }: AdapterOptions,
): Promise<void> {
  await fastifyRequestHandler({
    router,
    createContext: ctx,
    allowMethodOverride: true,
    allowBatching: false,
    responseMeta: ({ errors }) => (errors.length === 0 ? {} : { headers: errorHeaders(errors) }),
    path,
    req,
    res,
  })
}

import { TRPCError, type AnyTRPCRouter } from '@trpc/server'
import { fastifyRequestHandler, type CreateFastifyContextOptions } from '@trpc/server/adapters/fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '#errors'
import type { Context } from '#rpc'
import { errorHeaders } from './call-error.ts'

/** Largest number of calls in one batch. */
const batchMax = 10

export interface AdapterOptions {
  router: AnyTRPCRouter
  path: string
  ctx(): Context
}

/** tRPC's own Fastify adapter, for all that is not a single JSON call: batches, streams, unknown procedures, wrong methods. */
export async function executeByAdapter(
  req: FastifyRequest,
  res: FastifyReply,
  { router, path, ctx }: AdapterOptions,
): Promise<void> {
  await fastifyRequestHandler({
    router,
    createContext({ info }: CreateFastifyContextOptions) {
      rejectBatchedOrder(info)
      return ctx()
    },
    allowMethodOverride: true,
    maxBatchSize: batchMax,
    responseMeta: ({ errors }) => (errors.length === 0 ? {} : { headers: errorHeaders(errors) }),
    path,
    req,
    res,
  })
}

function rejectBatchedOrder({ isBatchCall, calls }: CreateFastifyContextOptions['info']): void {
  if (!isBatchCall || calls.every(({ path }) => path !== 'order.place')) return
  const cause = new AppError('bad_input', { message: 'order.place does not travel in a batch. Send it alone.' })
  throw new TRPCError({ code: 'BAD_REQUEST', message: cause.message, cause })
}

import { TRPCError } from '@trpc/server'
import { fastifyRequestHandler, type CreateFastifyContextOptions } from '@trpc/server/adapters/fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '#app'
import type { AnswerCache } from '#cache'
import { AppError } from '#errors'
import type { Context } from '#rpc'
import { answerFromCache } from './cached-call.ts'
import { answerDirectly, answerError, directCall, isPublic } from './direct-call.ts'
import type { HotAnswers } from './hot-answers.ts'
import type { CallClass, LoadShedder } from './load-shedding.ts'
import { retryAfter } from './retry-after.ts'
import { sendError } from './send-error.ts'

/** Which way a call is answered, and when it is refused at the door. */

/** Calls in one batch. */
const batchMax = 10

export type CallRequest = FastifyRequest<{ Params: { path: string } }>

export interface CallOptions {
  app: App
  pressure: LoadShedder
  /** Undefined where it is switched off. */
  cached: { cache: AnswerCache; hot: HotAnswers } | undefined
  contextOf(req: FastifyRequest, res: FastifyReply): Context
}

/** From the cache, where the answer is everybody's; else straight from its procedure; what is unusual by tRPC's adapter. */
export async function answerCall(req: CallRequest, res: FastifyReply, options: CallOptions): Promise<void> {
  const { cached, pressure } = options
  const { router, services } = options.app
  const call = directCall(router, req)
  const direct = call && { router, call, ctx: () => options.contextOf(req, res), headersOf }
  const callClass = classOf(req.params.path, router)
  if (direct !== undefined && cached !== undefined && req.method === 'GET' && direct.call.madeFrom !== undefined) {
    const hasOrigins = services.config.CORS_ORIGINS.length > 0
    try {
      if (await answerFromCache(req, res, { ...direct, ...cached, pressure, hasOrigins })) return
    } catch (error) {
      return answerError(res, error, direct)
    }
  }
  const answer = () => (direct === undefined ? answerByAdapter(req, res, options) : answerDirectly(req, res, direct))
  try {
    await pressure.admit(callClass, answer)
  } catch (error) {
    if (!(error instanceof TRPCError)) throw error
    await sendError(res, 'unavailable')
  }
}

async function answerByAdapter(req: CallRequest, res: FastifyReply, { app, contextOf }: CallOptions): Promise<void> {
  await fastifyRequestHandler({
    router: app.router,
    createContext(options: CreateFastifyContextOptions) {
      refuseBatchedPlacing(options.info)
      return contextOf(options.req, options.res)
    },
    allowMethodOverride: true,
    maxBatchSize: batchMax,
    responseMeta: ({ errors }) => (errors.length === 0 ? {} : { headers: headersOf(errors) }),
    path: req.params.path,
    req,
    res,
  })
}

/** Who asks for what everybody gets only looks, in a batch too. */
const classOf = (path: string, router: App['router']): CallClass =>
  path.split(',').every((each) => isPublic(router, each)) ? 'browse' : 'buy'

function refuseBatchedPlacing({ isBatchCall, calls }: CreateFastifyContextOptions['info']): void {
  if (!isBatchCall || calls.every(({ path }) => path !== 'order.place')) return
  const cause = new AppError('bad_input', { message: 'order.place does not travel in a batch. Send it alone.' })
  throw new TRPCError({ code: 'BAD_REQUEST', message: cause.message, cause })
}

/** tRPC names no type for what fails before a call is made out, and knows no Retry-After. */
const headersOf = (errors: readonly TRPCError[]): Record<string, string> => ({
  'content-type': 'application/json',
  ...retryAfterOf(errors.find(({ code }) => code === 'SERVICE_UNAVAILABLE')),
})

const retryAfterOf = (error: TRPCError | undefined): Record<string, string> =>
  error === undefined ? {} : { 'retry-after': retryAfter(error.cause instanceof AppError ? error.cause : undefined) }

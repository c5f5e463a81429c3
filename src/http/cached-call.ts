import { callTRPCProcedure, getTRPCErrorFromUnknown, type AnyTRPCRouter } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { freshMs, staleMs, type AnswerCache, type Served } from '#cache'
import { canonicalJson } from '#lib/canonical-json'
import type { Context } from '#rpc'
import { rawInput, type DirectCall } from './direct-call.ts'
import type { HotAnswers } from './hot-answers.ts'
import type { LoadShedder } from './load-shedding.ts'

/**
 * Public answers as finished bytes, in front of tRPC: the same bytes that the call itself would send, with what a browser
 * or a CDN needs to keep them.
 */

export interface CachedCallOptions {
  cache: AnswerCache
  router: AnyTRPCRouter
  ctx(): Context
  call: DirectCall
  pressure: LoadShedder
  hot: HotAnswers
  /** Other origins get other headers (CORS). */
  hasOrigins: boolean
}

/**
 * @returns whether it has answered; where it has not, the call itself tells what is wrong with it
 * @throws what the procedure throws
 */
export async function answerFromCache(
  request: FastifyRequest,
  reply: FastifyReply,
  { cache, router, ctx, call, pressure, hot, hasOrigins }: CachedCallOptions,
): Promise<boolean> {
  const input = usualInput(call, request)
  if (input === undefined) return false
  const question = {
    key: input.key,
    tags: call.madeFrom ?? [],
    load: () => pressure.admit('browse', () => load(router, { ctx: anonymous(ctx()), call, input: input.value })),
  }
  // While something is short, what is there serves, however old.
  const served = await (pressure.shortOf('browse') === undefined ? cache.answer(question) : cache.recall(question))
  if (served === undefined) return false
  reply.headers({
    'content-type': 'application/json',
    vary: hasOrigins ? 'trpc-accept, accept, origin' : 'trpc-accept, accept',
    etag: served.etag,
    'cache-control': cacheControl,
    'cache-status': statusOf(served),
    age: String(Math.floor(served.ageMs / 1000)),
  })
  if (isKnown(request.headers['if-none-match'], served.etag))
    await reply.status(304).removeHeader('content-type').send()
  else {
    hot.note(request, reply, question)
    await reply.send(served.body)
  }
  return true
}

/** An old answer is better than none, when what is wrong is our own. */
export const isPassing = (error: unknown): boolean => getHTTPStatusCodeFromError(getTRPCErrorFromUnknown(error)) >= 500

const seconds = (ms: number): number => Math.floor(ms / 1000)
const cacheControl = `public, max-age=${seconds(freshMs)}, stale-while-revalidate=${seconds(freshMs)}, stale-if-error=${seconds(staleMs)}`

/** RFC 9211: an answer served although it is old says so by a time to live below zero. */
function statusOf({ state, ageMs }: Served): string {
  switch (state) {
    case 'hit':
      return 'Holdfast; hit'
    case 'miss':
      return 'Holdfast; fwd=miss; stored'
    case 'stale':
      return `Holdfast; hit; ttl=${Math.min(-1, seconds(freshMs - ageMs))}; detail=stale`
  }
}

/** The input as the procedure will see it makes the key: however it is written, what is meant is kept once. */
function usualInput(call: DirectCall, request: FastifyRequest): { key: string; value: unknown } | undefined {
  try {
    const value = rawInput(request)
    return { key: `${call.path} ${canonicalJson(call.parse(value))}`, value }
  } catch {
    return undefined
  }
}

async function load(
  router: AnyTRPCRouter,
  { ctx, call, input }: { ctx: Context; call: DirectCall; input: unknown },
): Promise<string> {
  const data: unknown = await callTRPCProcedure({
    router,
    ctx,
    path: call.path,
    type: call.type,
    getRawInput: async () => input,
    signal: undefined,
    batchIndex: 0,
  })
  return JSON.stringify({ result: { data } })
}

/** What everybody gets is made for nobody: the caller's session and cookies are out of reach. */
const anonymous = (ctx: Context): Context => ({
  ...ctx,
  address: '',
  sessionToken: undefined,
  session: refusePersonal,
  orderToken: refusePersonal,
  setCookie: refusePersonal,
})

function refusePersonal(): never {
  throw new Error('an answer that is cached for everybody must not depend on who calls')
}

const isKnown = (given: string | undefined, etag: string): boolean =>
  given?.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag) === true

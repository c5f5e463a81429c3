import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '#app'
import { freshMs, openResponseCache, staleMs, type CachedResponse, type CacheLookup, type ResponseCache } from '#cache'
import type { Context } from '#rpc'
import { isTransient, sendCallError } from './call-error.ts'
import { keyedInput, rawInput } from './call-input.ts'
import { resultOf } from './direct-execution.ts'
import type { LoadShedder } from './load-shedding.ts'
import type { CallTarget } from './procedure-call.ts'
import type { UrlCache } from './url-cache.ts'

/** Cached execution: public responses as ready bytes, with the headers by which a browser or a CDN caches them too. */

/** @returns undefined where `CACHE_MAX_BYTES` is 0 */
export function openCache({ services: { config, log }, readVersions }: App): ResponseCache | undefined {
  if (config.CACHE_MAX_BYTES === 0) return undefined
  return openResponseCache({
    maxBytes: config.CACHE_MAX_BYTES,
    redisUrl: config.CACHE_REDIS_URL,
    scope: config.SHOP_CURRENCIES.join(),
    readVersions,
    isTransient,
    log,
  })
}

export interface CachedCallOptions extends CallTarget {
  cache: ResponseCache
  urlCache: UrlCache
  loadShedder: LoadShedder
  /** CORS headers differ by the origin of the request. */
  variesByOrigin: boolean
}

/** @returns whether it has replied: false for a call that is not public, not a GET, or has input that is not valid */
export async function serveFromCache(
  request: FastifyRequest,
  reply: FastifyReply,
  { router, ctx, call, cache, urlCache, loadShedder, variesByOrigin }: CachedCallOptions,
): Promise<boolean> {
  if (request.method !== 'GET') return false
  let input: unknown
  try {
    const reading = await readThroughCache({ router, ctx, call, cache, loadShedder }, () => (input = rawInput(request)))
    if (reading === undefined) return false
    const { lookup, response } = reading
    reply.headers({
      'content-type': 'application/json',
      vary: variesByOrigin ? 'trpc-accept, accept, origin' : 'trpc-accept, accept',
      etag: response.etag,
      'cache-control': cacheControl,
      'cache-status': cacheStatus(response),
      age: String(toSeconds(response.ageMs)),
    })
    if (matchesEtag(request.headers['if-none-match'], response.etag))
      await reply.status(304).removeHeader('content-type').send()
    else {
      urlCache.add(request, reply, lookup)
      await reply.send(response.body)
    }
  } catch (error) {
    await sendCallError(reply, error, { router, ctx, call, input })
  }
  return true
}

/**
 * The cached response to a call, loaded where it is not stored.
 * @returns undefined for a call that is not public, has input that is not valid, or must not be loaded now
 * @throws what the procedure throws
 */
export async function readThroughCache(
  { router, ctx, call, cache, loadShedder }: Omit<CachedCallOptions, 'urlCache' | 'variesByOrigin'>,
  readRaw: () => unknown,
): Promise<{ lookup: CacheLookup; response: CachedResponse } | undefined> {
  if (call.cacheTags === undefined) return undefined
  const input = keyedInput(call, readRaw)
  if (input === undefined) return undefined
  const getRawInput = async () => input.raw
  const lookup = {
    key: input.key,
    tags: call.cacheTags,
    load: () => loadShedder.admit('browse', () => resultOf({ router, call, context: anonymous(ctx()), getRawInput })),
  }
  // During a shortage nothing is loaded: a stored response serves, however old.
  const hasCapacity = loadShedder.shortageFor('browse') === undefined
  const response = await (hasCapacity ? cache.getOrLoad(lookup) : cache.getIfPresent(lookup))
  return response && { lookup, response }
}

const toSeconds = (ms: number): number => Math.floor(ms / 1000)
const cacheControl = `public, max-age=${toSeconds(freshMs)}, stale-while-revalidate=${toSeconds(freshMs)}, stale-if-error=${toSeconds(staleMs)}`

/** The header Cache-Status of RFC 9211: a stale response has a negative time to live. */
function cacheStatus({ state, ageMs }: CachedResponse): string {
  switch (state) {
    case 'hit':
      return 'Holdfast; hit'
    case 'miss':
      return 'Holdfast; fwd=miss; stored'
    case 'stale':
      return `Holdfast; hit; ttl=${Math.min(-1, toSeconds(freshMs - ageMs))}; detail=stale`
  }
}

/** A response for everyone is made without the caller's session and cookies. */
const anonymous = (ctx: Context): Context => ({
  ...ctx,
  address: '',
  sessionToken: undefined,
  deviceToken: undefined,
  userAgent: undefined,
  session: rejectPersonal,
  locale: rejectPersonal,
  orderToken: rejectPersonal,
  setCookie: rejectPersonal,
})

function rejectPersonal(): never {
  throw new Error('A response that is cached for everyone must not depend on the caller.')
}

const matchesEtag = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch?.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag) === true

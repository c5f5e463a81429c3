import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { CacheLookup, ResponseCache } from '#cache'

/**
 * URL cache: a repeated GET of a public URL is answered before the other hooks run, with the bytes of the response cache
 * and the headers that the hooks set on the first response. Parsing, CORS, cookies and security headers cost several
 * times what a cached response does.
 */
export interface UrlCache {
  /** Adds the hook. To be called before the hooks that it saves. */
  serveFrom(server: FastifyInstance): void
  /** Adds the URL of a request that is about to be served from the response cache with status 200. */
  add(request: FastifyRequest, reply: FastifyReply, lookup: CacheLookup): void
}

interface KnownUrl extends Pick<CacheLookup, 'key' | 'tags'> {
  /** Name, value, name, value: the headers that all responses of this URL have in common. */
  headers: string[]
}

const urlsMax = 10_000
const sizeMax = 2 ** 20
/** Different lists of common headers: there is one, unless a header in it depends on the request. */
const headerListsMax = 10
/** Headers that differ from response to response. */
const variableHeaders = new Set(['x-request-id', 'etag', 'age', 'cache-status'])

export function createUrlCache(cache: ResponseCache): UrlCache {
  const urls = new LRUCache<string, KnownUrl>({
    max: urlsMax,
    maxSize: sizeMax,
    sizeCalculation: ({ key }, url) => key.length + url.length,
  })
  const headerLists = new Map<string, string[]>()

  /** Interning: equal lists of headers are stored once. */
  function intern(headers: string[]): string[] {
    const text = headers.join('\n')
    const known = headerLists.get(text)
    if (known !== undefined) return known
    if (headerLists.size >= headerListsMax) headerLists.clear()
    headerLists.set(text, headers)
    return headers
  }

  return {
    serveFrom(server) {
      server.addHook('onRequest', (request, reply, done) => {
        const { method, headers } = request.raw
        const known = method === 'GET' && isPlain(headers) ? urls.get(urlOf(request)) : undefined
        const response = known && cache.getFresh(known)
        if (known === undefined || response === undefined) return done()
        reply.hijack()
        const { body, etag, ageMs } = response
        reply.raw.writeHead(200, [
          ...known.headers,
          'x-request-id',
          request.id,
          'etag',
          etag,
          'age',
          String(Math.floor(ageMs / 1000)),
          'cache-status',
          'Holdfast; hit',
          'content-length',
          String(body.length),
        ])
        reply.raw.end(body)
      })
    },

    add(request, reply, { key, tags }) {
      const url = urlOf(request)
      if (!isPlain(request.raw.headers) || urls.has(url)) return
      const common = Object.entries(reply.getHeaders()).filter(([name]) => !variableHeaders.has(name))
      urls.set(url, { key, tags, headers: intern(common.flatMap(([name, value]) => [name, String(value)])) })
    },
  }
}

/** The host is part of it: a request with an invalid host is not in the cache and is rejected each time. */
const urlOf = ({ raw }: FastifyRequest): string => `${raw.headers.host}${raw.url}`

/** Plain: no header of the request changes the response (a foreign origin, a known ETag, a stream). */
const isPlain = (headers: FastifyRequest['raw']['headers']): boolean =>
  headers.origin === undefined && headers['if-none-match'] === undefined && headers['trpc-accept'] === undefined

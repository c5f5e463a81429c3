import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { AnswerCache, Question } from '#cache'

/**
 * What is asked again at the very same address is answered before any other hook runs: with the bytes that the cache has
 * now, and the headers that all the hooks gave the first time. Parsing, CORS, cookies and security headers cost several
 * times what the answer itself does.
 */
export interface HotAnswers {
  /** This request is about to be answered from the cache with status 200: from now on its address is known. */
  note(request: FastifyRequest, reply: FastifyReply, question: Question): void
}

interface Address extends Pick<Question, 'key' | 'tags'> {
  /** Name, value, name, value: what every answer at this address has in common. */
  headers: string[]
}

const addressesMax = 10_000
const addressBytesMax = 2 ** 20
/** Headers that each answer has of its own. */
const own = new Set(['x-request-id', 'etag', 'age', 'cache-status'])

/** To be called before any other hook is added. */
export function serveHotAnswers(server: FastifyInstance, cache: AnswerCache): HotAnswers {
  const addresses = new LRUCache<string, Address>({
    max: addressesMax,
    maxSize: addressBytesMax,
    sizeCalculation: ({ key }, url) => key.length + url.length,
  })
  /** Equal lists of headers are one list. */
  const lists = new Map<string, string[]>()

  function shared(headers: string[]): string[] {
    const text = headers.join('\n')
    const known = lists.get(text)
    if (known !== undefined) return known
    // There is one, unless something in it depends on the request.
    if (lists.size >= 10) lists.clear()
    lists.set(text, headers)
    return headers
  }

  server.addHook('onRequest', (request, reply, done) => {
    const { method, headers } = request.raw
    const known = method === 'GET' && isPlain(headers) ? addresses.get(addressOf(request)) : undefined
    const served = known && cache.fresh(known)
    if (known === undefined || served === undefined) return done()
    reply.hijack()
    const { body, etag, ageMs } = served
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

  return {
    note(request, reply, question) {
      const address = addressOf(request)
      if (!isPlain(request.raw.headers) || addresses.has(address)) return
      const common = Object.entries(reply.getHeaders()).filter(([name]) => !own.has(name))
      addresses.set(address, {
        key: question.key,
        tags: question.tags,
        headers: shared(common.flatMap(([name, value]) => [name, String(value)])),
      })
    },
  }
}

/** The host belongs to it: a request whose host is none must be refused, as it was the first time. */
const addressOf = ({ raw }: FastifyRequest): string => `${raw.headers.host}${raw.url}`

/** Nothing in these headers makes the answer another one: no foreign origin, no known tag, no wish for a stream. */
const isPlain = (headers: FastifyRequest['raw']['headers']): boolean =>
  headers.origin === undefined && headers['if-none-match'] === undefined && headers['trpc-accept'] === undefined

import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '#errors'
import { networkOf } from '#rate-limit'
import { metrics } from '#telemetry'
import { rawInput } from './call-input.ts'

export const wantsEventStream = (request: FastifyRequest): boolean =>
  request.headers.accept?.includes('text/event-stream') === true

/** The open event streams of a server: a draining server ends them, and their clients reconnect to another one. */
export interface EventStreams {
  /**
   * Counts the reply, which will be a stream, until it ends.
   * @throws AppError `too_many_requests` where the source or the subject has too many, `unavailable` where the server has
   */
  open(request: FastifyRequest, reply: FastifyReply): void
  endAll(): void
}

/** Largest numbers of streams of one process. A subject is what a stream watches, such as an order. */
export interface StreamLimits {
  total: number
  source: number
  subject: number
}

const defaultLimits: StreamLimits = { total: 5_000, source: 100, subject: 20 }
const retryAfterSeconds = 30

export function createEventStreams(limits = defaultLimits): EventStreams {
  const open = new Set<FastifyReply['raw']>()
  const counts = new Map<string, number>()
  const countOf = (key: string): number => counts.get(key) ?? 0

  function add(key: string, change: 1 | -1): void {
    const count = countOf(key) + change
    if (count > 0) counts.set(key, count)
    else counts.delete(key)
  }

  return {
    open(request, { raw }) {
      const source = `from ${networkOf(request.ip)}`
      const subject = subjectOf(request)
      if (countOf(source) >= limits.source || countOf(subject) >= limits.subject)
        throw new AppError('too_many_requests', {
          message: 'Too many pages follow this already. Close some of them, or reload this one to see what is new.',
          retryAfterSeconds,
        })
      if (open.size >= limits.total) throw new AppError('unavailable', { retryAfterSeconds })
      const keys = [source, subject]
      for (const key of keys) add(key, 1)
      open.add(raw)
      metrics.streams.set(open.size)
      raw.once('close', () => {
        for (const key of keys) add(key, -1)
        open.delete(raw)
        metrics.streams.set(open.size)
      })
    },
    endAll() {
      for (const stream of open) stream.end()
    },
  }
}

/** What a stream watches: the procedure, and the id in its input. */
function subjectOf(request: FastifyRequest): string {
  const { path } = request.params as { path: string }
  const { id } = (inputOf(request) ?? {}) as { id?: unknown }
  return `of ${path} ${typeof id === 'string' ? id.slice(0, 100).toLowerCase() : ''}`
}

function inputOf(request: FastifyRequest): unknown {
  try {
    return rawInput(request)
  } catch {
    return undefined
  }
}

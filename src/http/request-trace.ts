import type { FastifyInstance, FastifyRequest } from 'fastify'
import { endSpan, isTracing, startSpan, withSpan } from '#telemetry'

type RequestSpan = NonNullable<ReturnType<typeof startSpan>>

/**
 * A span for each request that a known URL of the cache does not answer. It begins a trace: a
 * `traceparent` of the internet is not followed, or strangers would choose what is recorded. It names the route, never
 * the URL: that can hold personal data.
 */
export function traceRequests(server: FastifyInstance): void {
  if (!isTracing()) return
  const spans = new WeakMap<FastifyRequest, RequestSpan>()
  server.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown'
    const span = startSpan(`${request.method} ${route}`, {
      kind: 'server',
      attributes: { 'http.request.method': request.method, 'http.route': route, 'holdfast.request_id': request.id },
    })
    if (span === undefined) return done()
    spans.set(request, span)
    reply.raw.once('close', () => {
      span.setAttribute('http.response.status_code', reply.raw.statusCode)
      endSpan(span, reply.raw.statusCode >= 500 ? new Error() : undefined)
    })
    withSpan(span, done)
  })
  // Reading the body leaves the context of the hook above.
  server.addHook('preValidation', (request, _, done) => {
    const span = spans.get(request)
    if (span === undefined) done()
    else withSpan(span, done)
  })
}

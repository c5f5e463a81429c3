import { Agent, request, type IncomingHttpHeaders } from 'node:http'

/** Plain HTTP calls on keep-alive connections, without the typed client. */

export type CallResult =
  | { kind: 'reply'; status: number; body: { result?: { data: unknown }; error?: { data?: { error?: string } } } }
  /** The connection could not be opened: nothing was sent. */
  | { kind: 'unsent' }
  /** The connection broke or the call timed out: the request may have taken effect. */
  | { kind: 'lost'; reason: string }

export interface Call {
  /** Any whole number; taken modulo the number of servers. */
  server: number
  procedure: string
  input: unknown
  token?: string | undefined
  timeoutMs: number
  /** A query that is sent as GET, which caches may answer. */
  isQuery?: boolean
}

/** What a caller saw of one request. */
export interface Observation {
  procedure: string
  result: CallResult
  headers: IncomingHttpHeaders
  ms: number
}

/** @param urlOf address of the server with this number @param observe is told of every request when it has ended */
export function createCaller(
  urlOf: (server: number) => string,
  observe?: (observation: Observation) => void,
): (call: Call) => Promise<CallResult> {
  // Free connections are closed before the other side closes them.
  const agent = new Agent({ keepAlive: true, maxSockets: 512, maxFreeSockets: 64, timeout: 30_000 })
  return ({ server, procedure, input, token, timeoutMs, isQuery = false }) =>
    new Promise((settle) => {
      const startedAt = performance.now()
      let headers: IncomingHttpHeaders = {}
      const resolve = (result: CallResult): void => {
        observe?.({ procedure, result, headers, ms: performance.now() - startedAt })
        settle(result)
      }
      const json = JSON.stringify(input)
      const body = Buffer.from(isQuery ? '' : json)
      const query = isQuery ? `?input=${encodeURIComponent(json)}` : ''
      const sent = request(`${urlOf(server)}/trpc/${procedure}${query}`, {
        agent,
        method: isQuery ? 'GET' : 'POST',
        headers: {
          ...(isQuery ? {} : { 'content-type': 'application/json', 'content-length': body.length }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      })
      const timer = setTimeout(() => sent.destroy(new Error('timeout')), timeoutMs)
      const lose = (error: Error & { code?: string }): void => {
        clearTimeout(timer)
        resolve(
          error.code === 'ECONNREFUSED' ? { kind: 'unsent' } : { kind: 'lost', reason: error.code ?? error.message },
        )
      }
      sent.on('error', lose)
      sent.on('response', (response) => {
        headers = response.headers
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('error', lose)
        response.on('end', () => {
          clearTimeout(timer)
          resolve(parseReply(response.statusCode ?? 0, text))
        })
      })
      sent.end(body)
    })
}

function parseReply(status: number, text: string): CallResult {
  try {
    return { kind: 'reply', status, body: JSON.parse(text) as Extract<CallResult, { kind: 'reply' }>['body'] }
  } catch {
    // An error page of the balancer: the server behind it may have handled the request.
    return { kind: 'lost', reason: `status ${status} without JSON` }
  }
}

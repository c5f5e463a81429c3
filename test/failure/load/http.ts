import { Agent, request } from 'node:http'

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
}

export function createCaller(urls: readonly string[]): (call: Call) => Promise<CallResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 512, maxFreeSockets: 64 })
  return ({ server, procedure, input, token, timeoutMs }) =>
    new Promise((resolve) => {
      const body = Buffer.from(JSON.stringify(input))
      const sent = request(`${urls[server % urls.length] ?? ''}/trpc/${procedure}`, {
        agent,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': body.length,
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

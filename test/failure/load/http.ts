import { Agent, request } from 'node:http'

/** Plain HTTP as somebody without our client writes it, on connections that are kept alive. */

export type Answer =
  | { kind: 'answer'; status: number; body: { result?: { data: unknown }; error?: { data?: { error?: string } } } }
  /** No connection came about: nothing was sent. */
  | { kind: 'unsent' }
  /** The connection broke, or time was up: it may have taken effect. */
  | { kind: 'lost'; reason: string }

export interface Call {
  /** Which of the servers; any number. */
  server: number
  procedure: string
  input: unknown
  token?: string | undefined
  timeoutMs: number
}

export function createCaller(urls: readonly string[]): (call: Call) => Promise<Answer> {
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
      const timer = setTimeout(() => sent.destroy(new Error('time-out')), timeoutMs)
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
          resolve(readAnswer(response.statusCode ?? 0, text))
        })
      })
      sent.end(body)
    })
}

function readAnswer(status: number, text: string): Answer {
  try {
    return { kind: 'answer', status, body: JSON.parse(text) as Extract<Answer, { kind: 'answer' }>['body'] }
  } catch {
    // A balancer's own page: what stands behind it may have acted.
    return { kind: 'lost', reason: `status ${status} without JSON` }
  }
}

import { Agent, request } from 'node:http'
import { errorKinds } from '#errors'
import type { Locale } from '#schemas'
import type { Fleet } from './fleet.ts'
import type { Program } from './program.ts'

/** Hostile requests, and the checks that each is rejected as documented. */

export interface Attack {
  /** Its name in the report of a failure. */
  name: string
  /** Path and query, as sent. */
  path: string
  method?: string
  headers?: Record<string, string | string[]>
  body?: string | Buffer
  expected?: Expected
}

export interface Expected {
  status?: number
  error?: keyof typeof errorKinds
  /** An issue must name this field. */
  field?: string
  /** The rejection is an event of a stream, whose HTTP status is 200. */
  isStream?: boolean
  /** Language of the message and of all issues. */
  locale?: Locale
  /** Part of the input, which the response must not repeat. */
  absent?: string
}

export interface RawResponse {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  durationMs: number
}

const timeoutMs = 2_000
const responseMax = 10_000
const agent = new Agent({ keepAlive: true, maxSockets: 8 })

/** @throws without a complete response within 2 s */
export function send(url: string, { path, method = 'POST', headers = {}, body }: Attack): Promise<RawResponse> {
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const sent = request(
      { hostname, port, path, method, headers, agent, signal: AbortSignal.timeout(timeoutMs) },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text: Buffer.concat(chunks).toString(),
            durationMs: performance.now() - startedAt,
          }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

/** A procedure called by POST with an input that need not be JSON. */
export function procedureCall(
  procedure: string,
  input: unknown,
  more: Partial<Attack> & { token?: string } = {},
): Attack {
  const { token, headers, ...rest } = more
  return {
    name: procedure,
    path: `/trpc/${procedure}`,
    body: typeof input === 'string' || Buffer.isBuffer(input) ? input : JSON.stringify(input),
    ...rest,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
  }
}

/** Sends the attacks, six concurrently. @returns the problems of their responses; none if each was rejected as expected */
export async function findProblems(url: string, attacks: readonly Attack[]): Promise<string[]> {
  const problems: string[] = []
  const waiting = attacks.values()
  const worker = async (): Promise<void> => {
    for (const attack of waiting) {
      const found = await send(url, attack).then(
        (answer) =>
          problemsOf(answer, attack.expected ?? {}).map(
            (problem) => `${problem} in ${answer.status} ${answer.text.slice(0, 300)}`,
          ),
        (error: unknown) => [`no answer: ${String(error)}`],
      )
      problems.push(...found.map((problem) => `${attack.name}: ${problem}`))
    }
  }
  await Promise.all(Array.from({ length: 6 }, worker))
  return problems
}

/** Internals that no response may reveal: stacks, paths, SQL, names of libraries. */
const internals =
  /node_modules|file:\/\/|\/(src|modules|home|root|tmp|work)\/|\.[mc]?[jt]s\b|\n\s+at |"stack"|\b(zod|fastify|trpc|drizzle|postgres|pg|bullmq|redis|argon2|SyntaxError|TypeError)\b|FST_|Failed query|\b(select|insert into|update|delete from)\b .*\b(from|where|set|values)\b|violates|\brelation\b/i

function problemsOf(answer: RawResponse, expected: Expected): string[] {
  const { status, headers, text } = answer
  const errors = errorsIn(text, expected)
  return [
    ...(expected.isStream === true || (status >= 400 && status < 500) ? [] : ['not rejected with 4xx']),
    ...(expected.status === undefined || expected.status === status ? [] : [`status is not ${expected.status}`]),
    ...(errors.length > 0 ? [] : ['no readable error']),
    ...errors.flatMap((error) => problemsOfError(error, expected)),
    ...(internals.test(text) ? [`reveals internals (${internals.exec(text)?.[0]})`] : []),
    ...(expected.absent !== undefined && text.includes(expected.absent) ? ['repeats the input'] : []),
    ...(text.length <= responseMax ? [] : ['too long']),
    ...(/^[0-9a-f-]{36}$/.test(String(headers['x-request-id'])) ? [] : ['no x-request-id']),
    ...(headers['x-content-type-options'] === 'nosniff' && headers['content-security-policy'] !== undefined
      ? []
      : ['no security headers']),
    ...(headers['x-powered-by'] === undefined && headers['server'] === undefined ? [] : ['names its software']),
  ]
}

interface ErrorData {
  message?: string
  error?: string
  httpStatus?: number
  isRetryable?: boolean
  issues?: { field: string; message: string }[]
}

interface SentError {
  message?: string
  data?: ErrorData
}

/** The error, one for each call of a batch, or the one that ended a stream. */
function errorsIn(text: string, { isStream = false }: Expected): (ErrorData | undefined)[] {
  const json = isStream ? (/^event: serialized-error\ndata: (.*)$/m.exec(text)?.[1] ?? text) : text
  try {
    const body = JSON.parse(json) as unknown
    return (Array.isArray(body) ? body : [body]).map((each: SentError & { error?: SentError }) => {
      const { data, message } = isStream && each.data !== undefined ? each : (each.error ?? {})
      return data && { ...data, ...(message !== undefined && { message }) }
    })
  } catch {
    return []
  }
}

function problemsOfError(data: ErrorData | undefined, expected: Expected): string[] {
  const kind = Object.entries(errorKinds).find(([code]) => code === data?.error)?.[1]
  if (data === undefined || kind === undefined) return ['not an error object']
  return [
    ...(kind.status === data.httpStatus && kind.isRetryable === data.isRetryable
      ? []
      : ['contradicts the table of errors']),
    ...(expected.error === undefined || expected.error === data.error ? [] : [`error is not ${expected.error}`]),
    ...(expected.locale === undefined
      ? []
      : [data.message ?? '', ...(data.issues ?? []).map(({ message }) => message)].flatMap((message) =>
          /\p{Script=Han}/u.test(message) === (expected.locale === 'zh') ? [] : [`is not in ${expected.locale}`],
        )),
    ...(expected.field === undefined || data.issues?.some(({ field }) => field === expected.field)
      ? []
      : [`does not name ${expected.field}`]),
  ]
}

/**
 * Row count and checksum of every table: equal before and after means that nothing was changed. The queue's tables are
 * left out, since wake-ups follow a commit asynchronously.
 */
export async function tableDigests(fleet: Fleet, except: readonly string[] = []): Promise<Record<string, string>> {
  const tables = await fleet.query<{ name: string }>(`
    select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition
      and n.nspname not in ('pg_catalog', 'information_schema', 'bullmq') order by 1`)
  const wanted = tables.filter(({ name }) => !except.includes(name))
  const sums = await fleet.query<{ name: string; sum: string }>(
    wanted
      .map(
        ({ name }) =>
          `select '${name}' as name, count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as sum from ${name} t`,
      )
      .join(' union all '),
  )
  return Object.fromEntries(sums.map(({ name, sum }) => [name, sum]))
}

/** Log lines that report an error of ours, or that repeat input of a caller. */
export function logProblems(program: Program, markers: readonly string[]): string[] {
  return program
    .output()
    .split('\n')
    .filter(
      (line) => Number(/"level":(\d+)/.exec(line)?.[1] ?? 0) >= 50 || markers.some((marker) => line.includes(marker)),
    )
}

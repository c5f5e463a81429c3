import { destination, pino, type Logger } from 'pino'
import { BootError } from '#errors'
import { traceFields } from './tracing.ts'

export type { Logger } from 'pino'

/** Fields whose values are redacted, at the top level and one or two levels below. */
const secretFields = [
  'password',
  'token',
  'accessToken',
  'authorization',
  'cookie',
  'secret',
  'apiKey',
  'email',
  'name',
  'phone',
  'address',
  'shippingAddress',
  'billingAddress',
  'payment',
]

/** Lines that wait for the end of a boot; undefined while none does. */
let heldLines: string[] | undefined

function openOutput(): { write(line: string): void } {
  // Synchronous: a line is one write, so that the lines of processes with one output do not mix, and the last line before
  // a crash is written. What can come in bursts is sampled where it arises.
  const output = destination({ dest: 1, sync: true })
  // The shop goes on without a reader of its log, such as a closed terminal or a dead collector.
  output.on('error', () => undefined)
  return {
    write(line) {
      if (heldLines === undefined) output.write(line)
      else heldLines.push(line)
    },
  }
}

/**
 * Holds the log back during a boot. A boot that ends with a BootError drops it: the error says for people what the lines
 * say for machines.
 */
export async function holdLog<T>(boot: () => Promise<T>): Promise<T> {
  heldLines = []
  const writeOnExit = (): void => releaseLines()
  process.once('exit', writeOnExit)
  try {
    return await boot()
  } catch (error) {
    if (error instanceof BootError) heldLines = []
    throw error
  } finally {
    process.off('exit', writeOnExit)
    releaseLines()
  }
}

function releaseLines(): void {
  const lines = heldLines ?? []
  heldLines = undefined
  const output = openOutput()
  for (const line of lines) output.write(line)
}

/** Structured log on standard output: one JSON line per entry, without secrets and personal data. */
export function createLog(level: string, fields: Record<string, unknown> = {}): Logger {
  const options = {
    level,
    mixin: traceFields,
    base: { pid: process.pid, ...fields },
    redact: {
      paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]).filter((path) => path !== 'name'),
      censor: '[redacted]',
    },
    serializers: { err: describeError, error: describeError },
  }
  return pino(options, openOutput())
}

/** An error for the log: with causes, without query parameters (drizzle puts them into its message). */
export function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { type: typeof error }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    type: error.name,
    code,
    message: error.message.split('\nparams:')[0],
    stack: depth === 0 ? stackOf(error) : undefined,
    cause: error.cause === undefined || depth >= 4 ? undefined : describeError(error.cause, depth + 1),
  }
}

/** The stack of an error without its message. */
export const stackOf = ({ stack = '' }: Error): string =>
  stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')

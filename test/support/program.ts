import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { killOnExit } from './living.ts'
import { waitFor } from './wait-for.ts'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** The program as an operator runs it: a process with its own environment. */
export interface Program extends AsyncDisposable {
  readonly pid: number
  /** Its output so far. */
  output(): string
  /** The address at the end of its ready line. */
  url(): string
  /** SIGKILL, as a crash. */
  kill(): Promise<void>
  /** SIGTERM (or another signal), as a deploy. @returns its exit code */
  stop(signal?: 'SIGTERM' | 'SIGINT' | 'SIGHUP'): Promise<number | null>
  /** @returns its exit code once it ends by itself */
  ended(): Promise<number | null>
}

export interface ProgramOptions {
  env?: Record<string, string>
  /** Longest wait for its ready line, ms. */
  timeoutMs?: number
}

/** Runs a command and waits for its ready line. */
export async function startProgram(args: string[], options: ProgramOptions = {}): Promise<Program> {
  const program = runProgram(args, options)
  try {
    await waitFor(() => /is ready/.test(program.output()) || program.hasEnded(), {
      timeoutMs: options.timeoutMs ?? 40_000,
      what: `${args.join(' ')} to be ready`,
    })
    if (program.hasEnded()) throw new Error(`${args.join(' ')} ended before it was ready:\n${program.output()}`)
    return program
  } catch (error) {
    await program.kill()
    throw error
  }
}

/** Runs a command without waiting. */
export function runProgram(args: string[], { env = {} }: ProgramOptions = {}): Program & { hasEnded(): boolean } {
  const child: ChildProcess = spawn(process.execPath, [main, ...args], {
    // Without the settings of this run: a test sets every variable it needs.
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', NODE_NO_WARNINGS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  const exited = once(child, 'close')
  killOnExit(child)
  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (!hasEnded()) child.kill(signal)
    await exited
    return child.exitCode
  }
  return {
    pid: child.pid ?? 0,
    hasEnded,
    output: () => output,
    url: () => /is ready at (\S+)/.exec(output)?.[1] ?? '',
    kill: async () => void (await end('SIGKILL')),
    stop: (signal = 'SIGTERM') => end(signal),
    async ended() {
      await exited
      return child.exitCode
    },
    [Symbol.asyncDispose]: async () => void (await end('SIGKILL')),
  }
}

import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { killOnExit } from '#test'

/** A child process other than the shop's own program: Redis, Postgres, the load. It never outlives the runner. */
export interface Child extends AsyncDisposable {
  readonly pid: number
  readonly process: ChildProcess
  isRunning(): boolean
  signal(signal: NodeJS.Signals): void
  /** Sends the signal, SIGKILL by default, and waits until the process has ended. */
  end(signal?: NodeJS.Signals): Promise<void>
}

export async function startChild(command: string, args: readonly string[], options: SpawnOptions): Promise<Child> {
  const child = spawn(command, args, options)
  const exited = once(child, 'exit')
  exited.catch(() => undefined)
  await once(child, 'spawn')
  killOnExit(child)
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null
  async function end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!isRunning()) return
    child.kill(signal)
    // A stopped process handles the signal only after it continues.
    if (signal !== 'SIGKILL') child.kill('SIGCONT')
    await exited
  }
  return {
    pid: child.pid ?? 0,
    process: child,
    isRunning,
    signal: (signal) => void child.kill(signal),
    end,
    [Symbol.asyncDispose]: () => end(),
  }
}

/** Runs a command to its end. @throws an error with its stderr when the command fails */
export async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${errors.trim()}`)
}

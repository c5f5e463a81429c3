import { startProgram, type Program } from '../../support/program.ts'

/** A process of the shop, which can be killed, frozen, and started again with its name and port. */
export interface Replica extends AsyncDisposable {
  readonly name: string
  readonly port: number
  /** @param extraEnv replaces that of the last start, for example to remove a planted bug */
  start(extraEnv?: Record<string, string>): Promise<void>
  /** kill -9. */
  kill(): Promise<void>
  /** Graceful stop, as in a deployment. @returns the exit code */
  stop(): Promise<number | null>
  freeze(): void
  thaw(): void
  isRunning(): boolean
  /** Environment variables of this replica alone. */
  extraEnv(): Readonly<Record<string, string>>
  /** Number of times that the process ended by itself. */
  deaths(): number
  /** Everything that the process has written, over all its starts. */
  output(): string
}

export interface ReplicaOptions {
  name: string
  args: string[]
  /** 0 for a process that does not listen. */
  port: number
  env: Record<string, string>
  /** Environment variables of this replica alone, until `start` replaces them. */
  extraEnv?: Record<string, string>
  /** Called when the process has ended by itself, at a failpoint or by a bug. */
  onDeath?(replica: Replica): void
}

const running = new Set<Program>()
process.once('exit', () => {
  for (const { pid } of running) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // The process has ended already.
    }
  }
})

export function createReplica({ name, args, port, env, onDeath, ...options }: ReplicaOptions): Replica {
  const started: Program[] = []
  let extraEnv = options.extraEnv ?? {}
  let current: Program | undefined
  let deaths = 0
  let starting: Promise<void> | undefined

  async function launch(): Promise<void> {
    const program = await startProgram(args, {
      env: { ...env, PORT: String(port), PLANT_PROCESS: `${name} ${started.length}`, ...extraEnv },
      timeoutMs: 40_000,
    })
    running.add(program)
    started.push(program)
    current = program
    void program.ended().then(() => {
      running.delete(program)
      // Only `kill` and `stop` clear `current` first.
      if (current !== program) return
      current = undefined
      deaths += 1
      onDeath?.(replica)
    })
  }

  const replica: Replica = {
    name,
    port,
    async start(changed = extraEnv) {
      extraEnv = changed
      await (starting ??= launch().finally(() => (starting = undefined)))
    },
    async kill() {
      // The supervisor may be starting the process.
      await starting?.catch(() => undefined)
      const program = current
      current = undefined
      await program?.kill()
    },
    async stop() {
      const program = current
      current = undefined
      return (await program?.stop()) ?? null
    },
    freeze: () => void (current !== undefined && process.kill(current.pid, 'SIGSTOP')),
    thaw: () => void (current !== undefined && process.kill(current.pid, 'SIGCONT')),
    isRunning: () => current !== undefined,
    deaths: () => deaths,
    extraEnv: () => extraEnv,
    output: () => started.map((program) => program.output()).join(''),
    [Symbol.asyncDispose]: () => replica.kill(),
  }
  return replica
}

import { startProgram, type Program } from '../../support/program.ts'

/** One process of the shop, which can be killed, frozen and started again under its old name and port. */
export interface Replica extends AsyncDisposable {
  readonly name: string
  readonly port: number
  /** @param more replaces what it was started with last, such as a planted bug */
  start(more?: Record<string, string>): Promise<void>
  /** kill -9. */
  kill(): Promise<void>
  /** As a deploy does; answers its exit code. */
  stop(): Promise<number | null>
  freeze(): void
  thaw(): void
  isRunning(): boolean
  /** What it was started with beside what all are. */
  more(): Readonly<Record<string, string>>
  /** How often it has ended although nobody asked it to. */
  deaths(): number
  /** Everything it has written, over all its lives. */
  output(): string
}

export interface ReplicaOptions {
  name: string
  args: string[]
  /** 0 for those that do not listen. */
  port: number
  env: Record<string, string>
  /** What it is started with besides, until `start` is given something else. */
  more?: Record<string, string>
  /** Told when it has ended although nobody asked it to: a failpoint, or a bug. */
  onDeath?(replica: Replica): void
}

const living = new Set<Program>()
process.once('exit', () => {
  for (const { pid } of living) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It is gone already.
    }
  }
})

export function createReplica({ name, args, port, env, onDeath, ...options }: ReplicaOptions): Replica {
  const past: Program[] = []
  let more = options.more ?? {}
  let current: Program | undefined
  let deaths = 0
  let starting: Promise<void> | undefined

  async function begin(): Promise<void> {
    const program = await startProgram(args, {
      env: { ...env, PORT: String(port), PLANT_LIFE: `${name} ${past.length}`, ...more },
      timeoutMs: 40_000,
    })
    living.add(program)
    past.push(program)
    current = program
    void program.ended().then(() => {
      living.delete(program)
      // Nobody has taken it down: it was `current` until now.
      if (current !== program) return
      current = undefined
      deaths += 1
      onDeath?.(replica)
    })
  }

  const replica: Replica = {
    name,
    port,
    async start(changed = more) {
      more = changed
      await (starting ??= begin().finally(() => (starting = undefined)))
    },
    async kill() {
      // A supervisor may be at it.
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
    more: () => more,
    output: () => past.map((program) => program.output()).join(''),
    [Symbol.asyncDispose]: () => replica.kill(),
  }
  return replica
}

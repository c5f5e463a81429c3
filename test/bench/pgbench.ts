import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { withCpu } from './cpu.ts'
import type { BenchEnvironment, Carts } from './environment.ts'
import { rateOnly, type Window } from './window.ts'

/** Baseline: `pgbench` places the same carts with the same writes, in one stored function and one transaction per order (pgbench.sql). */
export interface Pgbench {
  run(carts: Carts, load: { clients: number; seconds: number }): Promise<Window>
}

const run = promisify(execFile)

/** @throws Error that says what to install when pgbench is missing */
export async function preparePgbench(environment: BenchEnvironment): Promise<Pgbench> {
  await run('pgbench', ['--version']).catch((cause: unknown) => {
    throw new Error('pgbench is missing. On Debian: apt-get install postgresql-contrib', { cause })
  })
  await environment.query(await readFile(new URL('pgbench.sql', import.meta.url), 'utf8'))
  return {
    async run({ prefix }, { clients, seconds }) {
      const folder = await mkdtemp(join(tmpdir(), 'holdfast-pgbench-'))
      try {
        const script = join(folder, 'place.sql')
        await writeFile(script, `select bench.place('${prefix}', nextval('bench.${prefix}'));\n`)
        await environment.query(`create sequence bench.${prefix}`)
        const { hostname, port, username, password, pathname } = new URL(environment.databaseUrl)
        const load = ['--client', `${clients}`, '--jobs', '1', '--time', `${seconds}`]
        const log = ['--log', `--log-prefix=${join(folder, 'log')}`]
        const server = ['--host', hostname, '--port', port, '--username', username, pathname.slice(1)]
        let transactions = Number.NaN
        const window = await withCpu({ Postgres: environment.pids.Postgres }, async () => {
          const { stdout } = await run(
            'pgbench',
            ['--no-vacuum', '--protocol', 'prepared', ...load, ...log, '--file', script, ...server],
            { env: { ...process.env, PGPASSWORD: password }, cwd: folder, timeout: (seconds + 60) * 1_000 },
          )
          transactions = Number(/actually processed: (\d+)/.exec(stdout)?.[1])
          return rateOnly(Number(/tps = ([\d.]+)/.exec(stdout)?.[1]))
        })
        const placed = await environment.query<{ count: number }>(
          `select count(*)::int from "order".cart
           where order_id is not null and id in (select bench.cart_id($1, n) from generate_series(1, $2) n)`,
          [prefix, transactions],
        )
        if (placed[0]?.count !== transactions)
          throw new Error(`pgbench placed ${placed[0]?.count} of ${transactions} carts`)
        return { ...window, ...(await readLatencies(folder)) }
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

/** Latencies from pgbench's log, whose third column is the latency of one transaction, µs. */
async function readLatencies(folder: string): Promise<Pick<Window, 'p50' | 'p99'>> {
  const { stdout } = await run('sh', ['-c', 'cat log.* | cut -d" " -f3 | sort -n'], { cwd: folder, maxBuffer: 1 << 28 })
  const sorted = stdout.trim().split('\n').map(Number)
  const at = (share: number): number => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN) / 1_000
  return { p50: at(0.5), p99: at(0.99) }
}

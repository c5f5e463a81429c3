import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { withCpu } from './cpu.ts'
import type { Carts, Stage } from './stage.ts'
import { asWindow, type Window } from './window.ts'

/** `pgbench` placing the same carts with the same writes: one stored function, one transaction an order (rival.sql). */
export interface Rival {
  run(carts: Carts, load: { clients: number; seconds: number }): Promise<Window>
}

const run = promisify(execFile)

/** @throws when there is no pgbench, with what to install */
export async function prepareRival(stage: Stage): Promise<Rival> {
  await run('pgbench', ['--version']).catch((cause: unknown) => {
    throw new Error('pgbench is missing. On Debian: apt-get install postgresql-contrib', { cause })
  })
  await stage.query(await readFile(new URL('rival.sql', import.meta.url), 'utf8'))
  return {
    async run({ prefix }, { clients, seconds }) {
      const folder = await mkdtemp(join(tmpdir(), 'holdfast-pgbench-'))
      try {
        const script = join(folder, 'place.sql')
        await writeFile(script, `select bench.place('${prefix}', nextval('bench.${prefix}'));\n`)
        await stage.query(`create sequence bench.${prefix}`)
        const { hostname, port, username, password, pathname } = new URL(stage.databaseUrl)
        const load = ['--client', `${clients}`, '--jobs', '1', '--time', `${seconds}`]
        const log = ['--log', `--log-prefix=${join(folder, 'log')}`]
        const server = ['--host', hostname, '--port', port, '--username', username, pathname.slice(1)]
        let done = Number.NaN
        const window = await withCpu({ Postgres: stage.pids.Postgres }, async () => {
          const { stdout } = await run(
            'pgbench',
            ['--no-vacuum', '--protocol', 'prepared', ...load, ...log, '--file', script, ...server],
            { env: { ...process.env, PGPASSWORD: password }, cwd: folder, timeout: (seconds + 60) * 1_000 },
          )
          done = Number(/actually processed: (\d+)/.exec(stdout)?.[1])
          return asWindow(Number(/tps = ([\d.]+)/.exec(stdout)?.[1]))
        })
        const placed = await stage.query<{ count: number }>(
          `select count(*)::int from "order".cart
           where order_id is not null and id in (select bench.cart_id($1, n) from generate_series(1, $2) n)`,
          [prefix, done],
        )
        if (placed[0]?.count !== done) throw new Error(`pgbench placed ${placed[0]?.count} of ${done} carts`)
        return { ...window, ...(await latencies(folder)) }
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

/** Of pgbench's log: its third column is the latency of one transaction, µs. */
async function latencies(folder: string): Promise<Pick<Window, 'p50' | 'p99'>> {
  const { stdout } = await run('sh', ['-c', 'cat log.* | cut -d" " -f3 | sort -n'], { cwd: folder, maxBuffer: 1 << 28 })
  const sorted = stdout.trim().split('\n').map(Number)
  const at = (share: number): number => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN) / 1_000
  return { p50: at(0.5), p99: at(0.99) }
}

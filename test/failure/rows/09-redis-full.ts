import { freePort } from '#lib/free-port'
import { findStalledWorkers } from '../stalled-workers.ts'
import { defineRow } from '../row.ts'

export const redisFull = defineRow({
  row: 9,
  fault: 'Redis full',
  injection: 'maxmemory',
  guarantee: 'the backlog is in Postgres, and a metric shows lost wake-ups',
  operations: 950,
  perSecond: 25,
  async prepare() {
    const port = await freePort()
    return { envOf: (kind, n) => (kind === 'serve' && n === 0 ? { METRICS_PORT: String(port) } : {}) }
  },
  async nemesis({ shop, load, notes }) {
    await load.until(0.1)
    // Redis already holds more than this: it rejects every write.
    await shop.redis.command('config', 'set', 'maxmemory', '1mb')
    await load.until(0.8)
    notes.set('metrics', await metricsOf(shop.servers[0]?.extraEnv()['METRICS_PORT']))
    await shop.redis.command('config', 'set', 'maxmemory', '0')
  },
  async checker({ shop, notes }) {
    const metrics = String(notes.get('metrics'))
    const lost = Number(/holdfast_wake_ups_total\{[^}]*outcome="lost"[^}]*\} (\d+)/.exec(metrics)?.[1] ?? 0)
    return [
      ...(lost > 0 ? [] : ['the metric of lost wake-ups did not rise: no alert would have fired']),
      ...(await findStalledWorkers(shop, shop.redis)),
    ]
  },
})

const metricsOf = async (port: string | undefined): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}/metrics`)).text()

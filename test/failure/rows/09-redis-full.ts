import { freePort } from '#lib/free-port'
import { whoIsDeaf } from '../deaf-workers.ts'
import { defineRow } from '../row.ts'

export const redisFull = defineRow({
  row: 9,
  fault: 'Redis full',
  how: 'maxmemory',
  holds: 'backlog in Postgres, alarm',
  orders: 950,
  perSecond: 25,
  async prepare() {
    const port = await freePort()
    return { envOf: (kind, n) => (kind === 'serve' && n === 0 ? { METRICS_PORT: String(port) } : {}) }
  },
  async disturb({ shop, load, notes }) {
    await load.until(0.1)
    // Less than it holds already: every write is refused.
    await shop.redis.command('config', 'set', 'maxmemory', '1mb')
    await load.until(0.8)
    notes.set('metrics', await metricsOf(shop.servers[0]?.more()['METRICS_PORT']))
    await shop.redis.command('config', 'set', 'maxmemory', '0')
  },
  async besides({ shop, notes }) {
    const metrics = String(notes.get('metrics'))
    const lost = Number(/holdfast_wake_ups_total\{[^}]*outcome="lost"[^}]*\} (\d+)/.exec(metrics)?.[1] ?? 0)
    return [
      ...(lost > 0 ? [] : ['the metric of lost wake-ups did not rise: nobody would have been told']),
      ...(await whoIsDeaf(shop, shop.redis)),
    ]
  },
})

const metricsOf = async (port: string | undefined): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}/metrics`)).text()

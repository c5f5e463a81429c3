import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { defineRow } from '../row.ts'

/** Longest that 95 of 100 buyers are kept waiting for a refusal, ms. */
const shedWithinMs = 4_000

export const poolExhausted = defineRow({
  row: 18,
  fault: 'pool exhausted, lock hog',
  how: 'LOCK TABLE',
  holds: 'shed fast',
  orders: 950,
  perSecond: 25,
  async disturb({ shop, load, say, notes }) {
    const windows: [number, number][] = []
    notes.set('windows', windows)
    const hog = new pg.Client({ connectionString: shop.postgres.url() })
    await hog.connect()
    try {
      for (const [share, table] of [
        [0.15, '"order".orders'],
        [0.5, 'product.stock'],
      ] as const) {
        await load.until(share)
        await hog.query('begin')
        await hog.query(`lock table ${table} in access exclusive mode`)
        const since = Date.now()
        say(`${table} is locked`)
        await delay(8_000)
        await hog.query('rollback')
        windows.push([since, Date.now()])
      }
    } finally {
      await hog.end()
    }
  },
  besides({ notes }, { history }) {
    const windows = notes.get('windows') as [number, number][]
    const during = history.filter(
      ({ call, atMs, endMs }) => call === 'place' && windows.some(([from, to]) => atMs >= from && (endMs ?? to) <= to),
    )
    const shed = during.filter(({ outcome, code }) => outcome === 'fail' && code === 'unavailable').length
    const waits = during.map(({ atMs, endMs }) => (endMs ?? Infinity) - atMs).toSorted((a, b) => a - b)
    const p95 = waits[Math.floor(waits.length * 0.95)] ?? 0
    return [
      ...(shed === 0 ? ['nobody was shed'] : []),
      ...(p95 > shedWithinMs ? [`of 100 buyers 5 were kept waiting longer than ${p95} ms`] : []),
    ]
  },
})

import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { defineRow } from '../row.ts'

/** Limit of the 95th percentile of reply times while a table is locked, ms. */
const p95MaxMs = 4_000

export const poolExhausted = defineRow({
  row: 18,
  fault: 'pool exhausted by a held lock',
  injection: 'LOCK TABLE',
  guarantee: 'load is shed fast',
  operations: 950,
  perSecond: 25,
  async nemesis({ shop, load, log, notes }) {
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
        log(`${table} is locked`)
        await delay(8_000)
        await hog.query('rollback')
        windows.push([since, Date.now()])
      }
    } finally {
      await hog.end()
    }
  },
  checker({ notes }, { history }) {
    const windows = notes.get('windows') as [number, number][]
    const during = history.filter(
      ({ action, atMs, endMs }) =>
        action === 'place' && windows.some(([from, to]) => atMs >= from && (endMs ?? to) <= to),
    )
    const shed = during.filter(({ outcome, code }) => outcome === 'fail' && code === 'unavailable').length
    const waits = during.map(({ atMs, endMs }) => (endMs ?? Infinity) - atMs).toSorted((a, b) => a - b)
    const p95Ms = waits[Math.floor(waits.length * 0.95)] ?? 0
    return [
      ...(shed === 0 ? ['no request was shed'] : []),
      ...(p95Ms > p95MaxMs ? [`the 95th percentile of reply times was ${p95Ms} ms; the limit is ${p95MaxMs} ms`] : []),
    ]
  },
})

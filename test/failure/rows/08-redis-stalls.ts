import { setTimeout as delay } from 'node:timers/promises'
import { whoIsDeaf } from '../deaf-workers.ts'
import { defineRow } from '../row.ts'

/** Longest answer that a buyer may wait for while Redis stands still, ms. */
const patienceMs = 3_000

export const redisStalls = defineRow({
  row: 8,
  fault: 'Redis stalls',
  how: 'DEBUG SLEEP, SIGSTOP',
  holds: 'checkout still accepts',
  orders: 950,
  perSecond: 25,
  async disturb({ shop, load, notes }) {
    const stalls: [number, number][] = []
    notes.set('stalls', stalls)
    await load.until(0.1)
    let since = Date.now()
    await shop.redis.command('debug', 'sleep', '6')
    stalls.push([since, Date.now()])
    await load.until(0.5)
    since = Date.now()
    shop.redis.signal('SIGSTOP')
    await delay(12_000)
    shop.redis.signal('SIGCONT')
    stalls.push([since, Date.now()])
  },
  async besides({ shop, notes }, { history }) {
    const stalls = notes.get('stalls') as [number, number][]
    const during = history.filter(
      ({ call, atMs }) => call === 'place' && stalls.some(([from, to]) => atMs > from && atMs < to),
    )
    const accepted = during.filter(({ outcome }) => outcome === 'ok').length
    const slow = during.filter(({ atMs, endMs }) => endMs === null || endMs - atMs > patienceMs)
    return [
      ...(accepted < 20 ? [`only ${accepted} of ${during.length} orders were accepted while Redis stood still`] : []),
      ...slow.map(({ op }) => `operation ${op} waited longer than ${patienceMs} ms while Redis stood still`),
      ...(await whoIsDeaf(shop, shop.redis)),
    ]
  },
})

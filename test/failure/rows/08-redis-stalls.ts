import { setTimeout as delay } from 'node:timers/promises'
import { findStalledWorkers } from '../stalled-workers.ts'
import { defineRow } from '../row.ts'

/** Longest time that a reply to a buyer may take while Redis is stalled, ms. */
const replyWithinMs = 3_000

export const redisStalls = defineRow({
  row: 8,
  fault: 'Redis stalls',
  injection: 'DEBUG SLEEP, SIGSTOP',
  guarantee: 'checkout still accepts orders',
  operations: 950,
  perSecond: 25,
  async nemesis({ shop, load, notes }) {
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
  async checker({ shop, notes }, { history }) {
    const stalls = notes.get('stalls') as [number, number][]
    const during = history.filter(
      ({ action, atMs }) => action === 'place' && stalls.some(([from, to]) => atMs > from && atMs < to),
    )
    const accepted = during.filter(({ outcome }) => outcome === 'ok').length
    const slow = during.filter(({ atMs, endMs }) => endMs === null || endMs - atMs > replyWithinMs)
    return [
      ...(accepted < 20 ? [`only ${accepted} of ${during.length} orders were accepted while Redis was stalled`] : []),
      ...slow.map(({ op }) => `operation ${op} waited longer than ${replyWithinMs} ms while Redis was stalled`),
      ...(await findStalledWorkers(shop, shop.redis)),
    ]
  },
})

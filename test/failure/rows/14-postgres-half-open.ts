import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

const acceptsWithinMs = 15_000

export const postgresHalfOpen = defineRow({
  row: 14,
  fault: 'half-open Postgres sockets',
  injection: 'proxy black hole',
  guarantee: 'orders are accepted again within 15 s',
  operations: 950,
  perSecond: 18,
  shop: { proxies: ['postgres'] },
  async nemesis({ shop, load, random, log, notes }) {
    for (const share of [0.15, 0.6]) {
      await load.until(share)
      shop.postgresProxy.blackHole()
      await delay(random.between(3_000, 6_000))
      // Existing sockets stay dead: the program has to give up each of them.
      shop.postgresProxy.restore()
      notes.set('healedAt', Date.now())
      log('new connections pass again')
    }
  },
  // Measures acceptance of orders only. The backlog is processed within the recovery limit of every row.
  checker({ notes }, { history }) {
    const healedAt = Number(notes.get('healedAt'))
    const accepted = history.flatMap(({ outcome, atMs, endMs }) =>
      outcome === 'ok' && atMs > healedAt && endMs !== null ? [endMs - healedAt] : [],
    )
    const firstMs = Math.min(...accepted)
    return firstMs < acceptsWithinMs ? [] : [`the first order was accepted ${firstMs} ms after the sockets were healed`]
  },
})

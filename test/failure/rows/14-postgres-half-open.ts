import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

const acceptsWithinMs = 15_000

export const postgresHalfOpen = defineRow({
  row: 14,
  fault: 'half-open Postgres sockets',
  how: 'proxy black hole',
  holds: 'recovery < 15 s',
  orders: 950,
  perSecond: 18,
  shop: { proxies: ['postgres'] },
  async disturb({ shop, load, chance, say, notes }) {
    for (const share of [0.15, 0.6]) {
      await load.until(share)
      shop.postgresProxy.blackHole()
      await delay(chance.between(3_000, 6_000))
      // The sockets of before stay as dead as they are: each has to be given up.
      shop.postgresProxy.heal()
      notes.set('healedAt', Date.now())
      say('new connections pass again')
    }
  },
  // Orders are accepted again by then; what has gathered is worked off within the bound of all rows.
  besides({ notes }, { history }) {
    const healedAt = Number(notes.get('healedAt'))
    const accepted = history.flatMap(({ outcome, atMs, endMs }) =>
      outcome === 'ok' && atMs > healedAt && endMs !== null ? [endMs - healedAt] : [],
    )
    const firstMs = Math.min(...accepted)
    return firstMs < acceptsWithinMs ? [] : [`the first order was accepted ${firstMs} ms after the sockets were healed`]
  },
})

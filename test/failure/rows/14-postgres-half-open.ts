import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

export const postgresHalfOpen = defineRow({
  row: 14,
  fault: 'half-open Postgres sockets',
  how: 'proxy black hole',
  holds: 'recovery < 15 s',
  orders: 950,
  perSecond: 25,
  recoversInSeconds: 15,
  shop: { proxies: ['postgres'] },
  async disturb({ shop, load, chance, say }) {
    for (const share of [0.15, 0.6]) {
      await load.until(share)
      shop.postgresProxy.blackHole()
      await delay(chance.between(3_000, 6_000))
      // The sockets of before stay as dead as they are: each has to be given up.
      shop.postgresProxy.heal()
      say('new connections pass again')
    }
  },
})

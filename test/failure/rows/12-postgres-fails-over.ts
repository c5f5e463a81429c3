import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

export const postgresFailsOver = defineRow({
  row: 12,
  fault: 'Postgres fails over',
  how: 'synchronous standby, promote',
  holds: 'nothing acknowledged lost',
  orders: 950,
  perSecond: 18,
  shop: { proxies: ['postgres'], standby: 'sync' },
  async disturb({ shop, load, chance, say }) {
    await load.until(0.4)
    // The standby hears nothing more: what commits now waits for it, and may not be acknowledged.
    shop.replicationProxy.blackHole()
    await delay(chance.between(1_000, 4_000))
    await shop.failOver()
    say('the standby has taken over')
  },
})

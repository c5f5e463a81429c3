import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

export const postgresFailsOver = defineRow({
  row: 12,
  fault: 'Postgres fails over',
  injection: 'synchronous standby, promote',
  guarantee: 'no acknowledged order is lost',
  operations: 950,
  perSecond: 18,
  shop: { proxies: ['postgres'], standby: 'sync' },
  async nemesis({ shop, load, random, log }) {
    await load.until(0.4)
    // The standby receives nothing more: commits wait for it from here on and must not be acknowledged.
    shop.replicationProxy.blackHole()
    await delay(random.between(1_000, 4_000))
    await shop.failOver()
    log('the standby is promoted')
  },
})

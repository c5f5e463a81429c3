import { setTimeout as delay } from 'node:timers/promises'
import { findStalledWorkers } from '../stalled-workers.ts'
import { defineRow } from '../row.ts'

export const redisResets = defineRow({
  row: 10,
  fault: 'connection reset in a blocking read',
  injection: 'TCP proxy sends RST',
  guarantee: 'no worker stops consuming',
  operations: 950,
  perSecond: 25,
  shop: { proxies: ['redis'] },
  async nemesis({ shop, load, random }) {
    await load.until(0.05)
    while (load.share() < 0.85) {
      shop.redisProxy.reset()
      await delay(random.between(50, 3_000))
    }
  },
  checker: ({ shop }) => findStalledWorkers(shop, shop.redis),
})

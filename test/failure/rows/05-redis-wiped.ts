import { setTimeout as delay } from 'node:timers/promises'
import { findStalledWorkers } from '../stalled-workers.ts'
import { defineRow } from '../row.ts'

export const redisWiped = defineRow({
  row: 5,
  fault: 'Redis wiped',
  injection: 'FLUSHALL in a loop',
  guarantee: 'consumption resumes within the bound',
  operations: 950,
  perSecond: 25,
  async nemesis({ shop, load, random }) {
    await load.until(0.1)
    while (load.share() < 0.85) {
      await shop.redis.command('flushall')
      await delay(random.between(10, 250))
    }
  },
  checker: ({ shop }) => findStalledWorkers(shop, shop.redis),
})

import { setTimeout as delay } from 'node:timers/promises'
import { whoIsDeaf } from '../deaf-workers.ts'
import { defineRow } from '../row.ts'

export const redisWiped = defineRow({
  row: 5,
  fault: 'Redis wiped',
  how: 'FLUSHALL in a loop',
  holds: 'consumption resumes within the bound',
  orders: 950,
  perSecond: 25,
  async disturb({ shop, load, chance }) {
    await load.until(0.1)
    while (load.share() < 0.85) {
      await shop.redis.command('flushall')
      await delay(chance.between(10, 250))
    }
  },
  besides: ({ shop }) => whoIsDeaf(shop, shop.redis),
})

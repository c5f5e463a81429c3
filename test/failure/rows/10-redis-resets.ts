import { setTimeout as delay } from 'node:timers/promises'
import { whoIsDeaf } from '../deaf-workers.ts'
import { defineRow } from '../row.ts'

export const redisResets = defineRow({
  row: 10,
  fault: 'connection reset in a blocking read',
  how: 'TCP proxy sends RST',
  holds: 'no deaf worker',
  orders: 950,
  perSecond: 25,
  shop: { proxies: ['redis'] },
  async disturb({ shop, load, chance }) {
    await load.until(0.05)
    while (load.share() < 0.85) {
      shop.redisProxy.reset()
      await delay(chance.between(50, 3_000))
    }
  },
  besides: ({ shop }) => whoIsDeaf(shop, shop.redis),
})

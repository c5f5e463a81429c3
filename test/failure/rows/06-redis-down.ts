import { setTimeout as delay } from 'node:timers/promises'
import { whoIsDeaf } from '../deaf-workers.ts'
import { defineRow } from '../row.ts'

export const redisDown = defineRow({
  row: 6,
  fault: 'Redis down longer than drainDelay',
  how: 'kill, restart after 60 s',
  holds: 'no deaf worker',
  orders: 950,
  perSecond: 13,
  async disturb({ shop, load }) {
    await load.until(0.1)
    await shop.redis.kill()
    await delay(60_000)
    await shop.redis.start()
  },
  besides: ({ shop }) => whoIsDeaf(shop, shop.redis),
})

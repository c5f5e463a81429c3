import { setTimeout as delay } from 'node:timers/promises'
import { findStalledWorkers } from '../stalled-workers.ts'
import { defineRow } from '../row.ts'

export const redisDown = defineRow({
  row: 6,
  fault: 'Redis down longer than drainDelay',
  injection: 'kill, restart after 60 s',
  guarantee: 'no worker stops consuming',
  operations: 950,
  perSecond: 13,
  async nemesis({ shop, load }) {
    await load.until(0.1)
    await shop.redis.kill()
    await delay(60_000)
    await shop.redis.start()
  },
  checker: ({ shop }) => findStalledWorkers(shop, shop.redis),
})

import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

export const postgresCrashes = defineRow({
  row: 11,
  fault: 'Postgres crashes',
  how: 'immediate shutdown, restart',
  holds: 'acknowledged commits present',
  orders: 950,
  perSecond: 18,
  async disturb({ shop, load, chance, say }) {
    for (const share of [0.1, 0.3, 0.5, 0.7]) {
      await load.until(share)
      await delay(chance.between(0, 500))
      await (chance.happens(0.5) ? shop.postgres.crash() : shop.postgres.kill())
      const downMs = chance.between(0, 3_000)
      say(`Postgres is down for ${downMs} ms`)
      await delay(downMs)
      await shop.postgres.start()
    }
  },
})

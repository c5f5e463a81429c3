import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

export const postgresCrashes = defineRow({
  row: 11,
  fault: 'Postgres crashes',
  injection: 'immediate shutdown, restart',
  guarantee: 'acknowledged commits are present',
  operations: 950,
  perSecond: 18,
  async nemesis({ shop, load, random, log }) {
    for (const share of [0.1, 0.3, 0.5, 0.7]) {
      await load.until(share)
      await delay(random.between(0, 500))
      await (random.happens(0.5) ? shop.postgres.crash() : shop.postgres.kill())
      const downMs = random.between(0, 3_000)
      log(`Postgres is down for ${downMs} ms`)
      await delay(downMs)
      await shop.postgres.start()
    }
  },
})

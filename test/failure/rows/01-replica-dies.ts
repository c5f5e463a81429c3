import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

export const replicaDies = defineRow({
  row: 1,
  fault: 'replica dies during checkout',
  injection: 'kill -9 at random',
  guarantee: 'a retry gets the same order',
  operations: 950,
  perSecond: 25,
  shop: { hasWebhooks: true },
  async nemesis({ shop, load, random, log }) {
    await load.until(0.1)
    while (load.share() < 0.85) {
      const victim = random.pick(shop.servers)
      await victim.kill()
      log(`${victim.name} was killed`)
      await delay(random.between(0, 1_000))
      await victim.start()
      await delay(random.between(0, 2_000))
    }
  },
})

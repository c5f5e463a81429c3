import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

export const replicaDies = defineRow({
  row: 1,
  fault: 'replica dies during checkout',
  how: 'kill -9 at random',
  holds: 'a retry gets the same order',
  orders: 950,
  perSecond: 25,
  shop: { hasWebhooks: true },
  async disturb({ shop, load, chance, say }) {
    await load.until(0.1)
    while (load.share() < 0.85) {
      const victim = chance.pick(shop.servers)
      await victim.kill()
      say(`${victim.name} was killed`)
      await delay(chance.between(0, 1_000))
      await victim.start()
      await delay(chance.between(0, 2_000))
    }
  },
})

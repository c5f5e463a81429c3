import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

export const replicaDies = defineRow({
  row: 1,
  fault: 'replica dies during checkout',
  how: 'kill -9 at random',
  holds: 'a retry gets the same order',
  orders: 1_000,
  perSecond: 40,
  shop: { hasWebhooks: true },
  async disturb({ shop, load, chance, say }) {
    for (let share = 0.1; share < 0.9; share += 0.1) {
      await load.until(share)
      const victim = chance.pick(shop.servers)
      await delay(chance.between(0, 300))
      await victim.kill()
      say(`${victim.name} was killed`)
      await delay(chance.between(0, 1_000))
      await victim.start()
    }
  },
})

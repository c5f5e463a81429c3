import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

export const workerFrozen = defineRow({
  row: 4,
  fault: 'worker frozen past its lock, then revived',
  how: 'SIGSTOP 90 s, SIGCONT',
  holds: 'the zombie is fenced',
  orders: 950,
  perSecond: 9.5,
  async disturb({ shop, load, chance, say }) {
    await load.until(0.03)
    // Slow enough that the frozen one is in the middle of its calls.
    await shop.provider.fault({ mode: 'slow', delayMs: 400 })
    await delay(chance.between(1_000, 2_000))
    const zombie = chance.pick(shop.workers)
    zombie.freeze()
    say(`${zombie.name} is frozen`)
    await shop.provider.heal()
    await delay(90_000)
    zombie.thaw()
    say(`${zombie.name} goes on`)
  },
})

import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

export const workerFrozen = defineRow({
  row: 4,
  fault: 'worker frozen past its lock, then revived',
  injection: 'SIGSTOP 90 s, SIGCONT',
  guarantee: 'the revived worker is fenced',
  operations: 950,
  perSecond: 9.5,
  async nemesis({ shop, load, random, log }) {
    await load.until(0.03)
    // Slow calls: the worker is frozen in the middle of one.
    await shop.provider.fault({ mode: 'slow', delayMs: 400 })
    await delay(random.between(1_000, 2_000))
    const zombie = random.pick(shop.workers)
    zombie.freeze()
    log(`${zombie.name} is frozen`)
    await shop.provider.heal()
    await delay(90_000)
    zombie.thaw()
    log(`${zombie.name} continues`)
  },
})

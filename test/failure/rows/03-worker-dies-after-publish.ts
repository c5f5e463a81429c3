import { plant } from '../plant/plant.ts'
import { defineRow } from '../row.ts'

/**
 * A wake-up is published after the commit that sent the mail, and acknowledged after the mail is handled: who dies in
 * between leaves a wake-up that nobody waits for, or one that is brought again. All are published twice besides.
 */
const dying = plant(['publish-twice', 'die-after-publish', 'die-before-ack'], { share: 0.05, after: 15 })

export const workerDiesAfterPublish = defineRow({
  row: 3,
  fault: "worker dies between the wake-up's publish and its mark",
  how: 'failpoint',
  holds: 'a duplicate job has one effect',
  orders: 950,
  perSecond: 25,
  recoversInSeconds: 90,
  shop: { isSupervised: true, envOf: (kind) => (kind === 'worker' ? dying : plant(['publish-twice'])) },
  async disturb({ shop, load, notes }) {
    await load.until(0.9)
    for (const worker of shop.workers) {
      await worker.kill()
      await worker.start({})
    }
    notes.set(
      'deaths',
      shop.workers.reduce((sum, { deaths }) => sum + deaths(), 0),
    )
  },
  besides: ({ notes }) =>
    Number(notes.get('deaths')) >= 3 ? [] : [`only ${String(notes.get('deaths'))} workers have died`],
})

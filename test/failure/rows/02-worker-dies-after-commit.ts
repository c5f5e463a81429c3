import { plant } from '../plant/plant.ts'
import { defineRow } from '../row.ts'

/** Each life of a worker is some hundred transactions long. */
const dying = plant(['die-after-commit'], { share: 0.05, after: 10 })

export const workerDiesAfterCommit = defineRow({
  row: 2,
  fault: 'worker dies after COMMIT, before ack',
  how: 'failpoint exit',
  holds: 'redelivery is a no-op',
  orders: 950,
  perSecond: 25,
  recoversInSeconds: 90,
  shop: { isSupervised: true, envOf: (kind) => (kind === 'worker' ? dying : {}) },
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

import { dyingWorkers } from '../dying-workers.ts'
import { defineRow } from '../row.ts'

export const workerDiesAfterCommit = defineRow({
  row: 2,
  fault: 'worker dies after COMMIT, before ack',
  how: 'failpoint exit',
  holds: 'redelivery is a no-op',
  orders: 950,
  perSecond: 25,
  // Each life of a worker is some hundred transactions long.
  ...dyingWorkers({ names: ['die-after-commit'], share: 0.05, after: 10 }),
})

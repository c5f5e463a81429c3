import { dyingWorkers } from '../dying-workers.ts'
import { defineRow } from '../row.ts'

export const workerDiesAfterCommit = defineRow({
  row: 2,
  fault: 'worker dies after COMMIT, before acknowledging the job',
  injection: 'failpoint exit',
  guarantee: 'redelivery is a no-op',
  operations: 950,
  perSecond: 25,
  // A worker commits about a hundred transactions before it dies.
  ...dyingWorkers({ names: ['die-after-commit'], probability: 0.05, skip: 10 }),
})

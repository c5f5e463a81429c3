import { dyingWorkers } from '../dying-workers.ts'
import { plant } from '../plant/plant.ts'
import { defineRow } from '../row.ts'

/**
 * A wake-up is published after the commit that stored the message, and acknowledged after the message is handled. A
 * death in between leaves a wake-up without a message, or one that is delivered again. In addition, each wake-up is
 * published twice.
 */
export const workerDiesAfterPublish = defineRow({
  row: 3,
  fault: 'worker dies between publishing a wake-up and its acknowledgement',
  injection: 'failpoint',
  guarantee: 'a duplicate job has one effect',
  operations: 950,
  perSecond: 25,
  ...dyingWorkers(
    { names: ['publish-twice', 'die-after-publish', 'die-before-ack'], probability: 0.05, skip: 15 },
    plant(['publish-twice']),
  ),
})

import { dyingWorkers } from '../dying-workers.ts'
import { plant } from '../plant/plant.ts'
import { defineRow } from '../row.ts'

/**
 * A wake-up is published after the commit that sent the mail, and acknowledged after the mail is handled: who dies in
 * between leaves a wake-up that nobody waits for, or one that is brought again. All are published twice besides.
 */
export const workerDiesAfterPublish = defineRow({
  row: 3,
  fault: "worker dies between the wake-up's publish and its mark",
  how: 'failpoint',
  holds: 'a duplicate job has one effect',
  orders: 950,
  perSecond: 25,
  ...dyingWorkers(
    { names: ['publish-twice', 'die-after-publish', 'die-before-ack'], share: 0.05, after: 15 },
    plant(['publish-twice']),
  ),
})

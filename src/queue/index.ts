export { prepareQueue, requireQueue, type QueueOptions } from './backend.ts'
export { createWaker, type Waker } from './waker.ts'
export { startWakeWorkers } from './worker.ts'

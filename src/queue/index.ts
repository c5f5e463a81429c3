export { prepareQueue, requireQueue, type QueueOptions } from './backend.ts'
export { createWaker } from './waker.ts'
export { startWakeWorkers, type WakeWorkers } from './worker.ts'

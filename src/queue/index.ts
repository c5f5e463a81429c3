export { prepareQueue, requireQueue, type QueueOptions } from './backend.ts'
export { createWakeUpProducer, type WakeUpProducer } from './producer.ts'
export { startWakeUpConsumers } from './consumer.ts'

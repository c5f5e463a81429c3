export { createHousekeeping, housekeepingSchedule } from './housekeeping.effect.ts'
export { sampleMailboxMetrics } from './mailbox-metrics.ts'
export { createPlatformRouter } from './router.ts'

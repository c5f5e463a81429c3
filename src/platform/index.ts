export { createHousekeeping, housekeepingSchedule } from './housekeeping.effect.ts'
export { createPlatformRouter } from './router.ts'

export { createTestDatabase } from './database.ts'
export { chromiumPath } from './programs.ts'
export { startRedis } from './redis.ts'
export { waitFor } from './wait-for.ts'

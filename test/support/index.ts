export { procedureCall, tableDigests, logProblems, send, type Attack } from './attack.ts'
export { createBuyer, homeAddress, withRetries, placeRequest, type Buyer } from './buyer.ts'
export { startCollector } from './collector.ts'
export { createTestDatabase } from './database.ts'
export { startFleet, type Fleet } from './fleet.ts'
export { listProcedures, withValue, type Field, type Procedure, type Sample } from './procedures.ts'
export { startProxy, type Proxy } from './proxy.ts'
export { runProgram, startProgram, type Program } from './program.ts'
export { databaseFolder } from './database-folder.ts'
export { listProcesses, type ListedProcess } from './process-list.ts'
export { chromiumPath } from './programs.ts'
export { startRedis } from './redis.ts'
export { killOnExit } from './living.ts'
export { startTestShop, type TestShop } from './life.ts'
export {
  expectRejected,
  createProtectedResources,
  startTarget,
  type ProtectedResources,
  type Target,
} from './target.ts'
export { expectSettled, unbalancedStock } from './truth.ts'
export { eventually, waitFor } from './wait-for.ts'

export { bulkInsert, bulkUpdate, jsonObject, plannedWithout, selectList, statement } from './bulk.ts'
export { withConnection } from './connection.ts'
export {
  failureReason,
  isCircuitOpen,
  isCheckViolation,
  isConnectionLost,
  isInfrastructureFailure,
  isLockTimeout,
  isUnreachable,
} from './failures.ts'
export { dataLoader, batchWhileBusy } from './data-loader.ts'
export { migrate, requireSchema } from './migrate.ts'
export {
  CommitUnknownError,
  openDatabase,
  requireDatabase,
  pipelined,
  transaction,
  warmUp,
  type Database,
  type Queryable,
} from './pool.ts'

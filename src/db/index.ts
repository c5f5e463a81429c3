export { bulkInsert, bulkUpdate, jsonObject, plannedWithout, selectList, statement } from './bulk.ts'
export { onConnection } from './connection.ts'
export {
  failureReason,
  isAway,
  isCheckViolation,
  isConnectionLost,
  isInfrastructureFailure,
  isLockTimeout,
  isUnreachable,
} from './failures.ts'
export { gathered, gatherWork } from './gathered.ts'
export { migrate, requireSchema } from './migrate.ts'
export {
  CommitUnknownError,
  openDatabase,
  requireDatabase,
  together,
  transaction,
  warmUp,
  type Database,
  type Queryable,
} from './pool.ts'

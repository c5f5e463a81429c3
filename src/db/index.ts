export { isAway, isConnectionLost, isInfrastructureFailure, isLockTimeout, isUnreachable } from './failures.ts'
export { migrate, requireSchema } from './migrate.ts'
export {
  CommitUnknownError,
  openDatabase,
  requireDatabase,
  transaction,
  type Database,
  type Queryable,
} from './pool.ts'

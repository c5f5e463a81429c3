import type { Row } from '../row.ts'
import { replicaDies } from './01-replica-dies.ts'
import { workerDiesAfterCommit } from './02-worker-dies-after-commit.ts'
import { workerDiesAfterPublish } from './03-worker-dies-after-publish.ts'
import { workerFrozen } from './04-worker-frozen.ts'
import { redisWiped } from './05-redis-wiped.ts'
import { redisDown } from './06-redis-down.ts'
import { redisFailsOver } from './07-redis-fails-over.ts'
import { redisStalls } from './08-redis-stalls.ts'
import { redisFull } from './09-redis-full.ts'
import { redisResets } from './10-redis-resets.ts'
import { postgresCrashes } from './11-postgres-crashes.ts'
import { postgresFailsOver } from './12-postgres-fails-over.ts'
import { postgresLoses } from './13-postgres-loses.ts'
import { postgresHalfOpen } from './14-postgres-half-open.ts'
import { commitReplyLost } from './15-commit-reply-lost.ts'
import { oldPrimaryReadOnly } from './16-old-primary-read-only.ts'
import { postgresDiskFull } from './17-postgres-disk-full.ts'
import { poolExhausted } from './18-pool-exhausted.ts'
import { providerFails } from './19-provider-fails.ts'
import { replyLost } from './20-reply-lost.ts'
import { webhooks } from './21-webhooks.ts'
import { clocksOff } from './22-clocks-off.ts'
import { blueGreen } from './23-blue-green.ts'
import { flashSale } from './24-flash-sale.ts'
import { poison } from './25-poison.ts'

/** The fault matrix: all rows in the order of their numbers. */
export const rows: readonly Row[] = [
  replicaDies,
  workerDiesAfterCommit,
  workerDiesAfterPublish,
  workerFrozen,
  redisWiped,
  redisDown,
  redisFailsOver,
  redisStalls,
  redisFull,
  redisResets,
  postgresCrashes,
  postgresFailsOver,
  postgresLoses,
  postgresHalfOpen,
  commitReplyLost,
  oldPrimaryReadOnly,
  postgresDiskFull,
  poolExhausted,
  providerFails,
  replyLost,
  webhooks,
  clocksOff,
  blueGreen,
  flashSale,
  poison,
]

import { isDeepStrictEqual } from 'node:util'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { z } from 'zod'
import { isNotFound, isPreconditionFailed } from './aws-error.ts'
import type { Aws } from './aws.ts'
import { durationText, type Clock } from './clock.ts'
import { ReleaseError } from './release-error.ts'

const environmentPair = z.object({ web: z.string(), worker: z.string() })

const recordSchema = z.object({
  id: z.string(),
  version: z.string(),
  strategy: z.enum(['blue-green', 'canary']),
  status: z.enum(['deploying', 'rolling-back', 'released', 'rolled-back']),
  startedAt: z.number(),
  /** Who may change the world until `leaseUntil`; 0 when nobody does. */
  owner: z.string(),
  leaseUntil: z.number(),
  /** The environments that served when the release began; undefined for the first release. */
  live: environmentPair
    .extend({ versions: environmentPair, sizes: z.object({ web: z.number(), worker: z.number() }) })
    .optional(),
  next: environmentPair.extend({ cnamePrefix: z.string() }),
  /** Time at which each step was done, ms. */
  done: z.record(z.string(), z.number()),
  /** Why it stopped, for people. */
  failure: z.string().optional(),
})

export type ReleaseRecord = z.output<typeof recordSchema>

export const recordKey = 'release/current.json'
/** Time after which a deployer without a sign of life counts as dead, ms. It is renewed while it runs. */
export const leaseMs = 2 * 60_000

export const isUnfinished = ({ status }: ReleaseRecord): boolean => status === 'deploying' || status === 'rolling-back'

export interface StoredRecord {
  record: ReleaseRecord
  etag: string
}

/**
 * Lease with a fencing token, in one object beside the bundles: each write names the ETag that it replaces, so that of two
 * deployers one fails before it acts.
 */
export interface RecordStore {
  read(): Promise<StoredRecord | undefined>
  /** Replaces `previous`, or creates it. @throws ReleaseError when another deployer was first */
  write(record: ReleaseRecord, previous: string | undefined): Promise<string>
}

export function createRecordStore(aws: Aws, bucket: string): RecordStore {
  return {
    async read() {
      try {
        const { Body: body, ETag: etag } = await aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: recordKey }))
        const text = (await body?.transformToString()) ?? ''
        return { record: recordSchema.parse(JSON.parse(text)), etag: etag ?? '' }
      } catch (error) {
        if (isNotFound(error)) return undefined
        if (!(error instanceof z.ZodError) && !(error instanceof SyntaxError)) throw error
        throw new ReleaseError(`The record of the release (s3://${bucket}/${recordKey}) cannot be read.`, {
          remedy:
            'It was written by another version of this command. Use that version, or restore the object’s previous version.',
          cause: error,
        })
      }
    },
    async write(record, previous) {
      try {
        const { ETag: etag } = await aws.s3.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: recordKey,
            Body: JSON.stringify(record, null, 2),
            ContentType: 'application/json',
            ...(previous === undefined ? { IfNoneMatch: '*' } : { IfMatch: previous }),
          }),
        )
        return etag ?? previous ?? ''
      } catch (error) {
        if (!isPreconditionFailed(error)) throw error
        // The answer to an earlier try was lost: the SDK repeated the call, and met its own write.
        const found = await this.read()
        if (found !== undefined && isDeepStrictEqual(found.record, record)) return found.etag
        throw new ReleaseError('Another deployer has taken over this release.', {
          remedy: 'This one changed nothing more. `npm run release -- status` shows what the other does.',
          cause: error,
        })
      }
    },
  }
}

/** A record under a lease of this process. */
export interface Lease {
  readonly record: ReleaseRecord
  /** Saves changes, and renews the lease. */
  save(changes: Partial<ReleaseRecord>): Promise<void>
  /** Renews the lease where its half is over. */
  renew(): Promise<void>
  /** Ends it: another deployer need not wait for its expiry. */
  release(changes: Partial<ReleaseRecord>): Promise<void>
}

export function createLease(store: RecordStore, clock: Clock, stored: StoredRecord): Lease {
  let { record, etag } = stored
  let last: Promise<void> = Promise.resolve()
  async function write(changes: Partial<ReleaseRecord>, leaseUntil: number): Promise<void> {
    // As it is read again: without what is undefined.
    const next = recordSchema.parse(JSON.parse(JSON.stringify({ ...record, ...changes, leaseUntil })))
    etag = await store.write(next, etag)
    record = next
  }
  /** One write after the other: the heartbeat runs beside the steps. */
  function inTurn(action: () => Promise<void>): Promise<void> {
    last = last.catch(() => undefined).then(action)
    return last
  }
  return {
    get record() {
      return record
    },
    save: (changes) => inTurn(async () => write(changes, (await clock.now()) + leaseMs)),
    renew: () =>
      inTurn(async () => {
        const now = await clock.now()
        if (record.leaseUntil - now < leaseMs / 2) await write({}, now + leaseMs)
      }),
    release: (changes) => inTurn(() => write(changes, 0)),
  }
}

/** @throws ReleaseError when a release is unfinished */
export async function requireNoRelease(stored: StoredRecord | undefined, clock: Clock): Promise<void> {
  if (stored === undefined || !isUnfinished(stored.record)) return
  const { record } = stored
  const left = record.leaseUntil - (await clock.now())
  if (left > 0)
    throw new ReleaseError(`${record.owner} releases ${record.version} right now.`, {
      remedy: `Wait for it. If that deployer has died, \`npm run release -- resume\` takes over in ${durationText(left)}.`,
    })
  const reason = record.failure === undefined ? 'its deployer has died' : `it stopped: ${record.failure}`
  throw new ReleaseError(`The release of ${record.version} is unfinished (${record.status}): ${reason}`, {
    remedy: 'Run `npm run release -- resume` to continue, or `npm run release -- rollback` to go back.',
  })
}

import { resolve } from 'node:path'
import { findBinaries } from './binaries.ts'
import { createCluster } from './cluster.ts'
import { explainFailure } from './failure.ts'
import { openDatabaseFolder } from './database-folder.ts'
import { stopOrphans } from './orphans.ts'
import { acquireLock } from './lock.ts'
import { startServer } from './server.ts'

export interface EmbeddedOptions {
  /**
   * Folder of this shop's database, created when missing. For root the data may be elsewhere: the file `location` names
   * it.
   */
  dataDir: string
  /** Receives lines for people: slow steps, and failures in the background. */
  log: (line: string) => void
  /** Postgres settings by name; they override the defaults. */
  settings?: Record<string, string>
}

export interface EmbeddedPostgres {
  /** Holds the password: never log it. */
  url: string
  port: number
  /** Postgres's own data directory. */
  dataDir: string
  /** Fast shutdown, within 5 s in any state of Postgres. May be called twice. */
  stop: () => Promise<void>
}

/**
 * Starts the Postgres that comes with the shop: a durable server on a free loopback port, one shop per folder. Orphaned
 * processes of an earlier run (after `kill -9`, for example) are stopped first.
 * @throws BootError that says what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log, settings = {} } = options
  const folder = await openDatabaseFolder(resolve(options.dataDir), log)
  const release = await acquireLock(folder.dir)
  try {
    const binaries = await findBinaries(folder.osUser, log)
    await stopOrphans(folder.cluster, log)
    const password = await createCluster(folder, binaries, log)
    const server = await startServer({ folder: folder, binaries, password, settings, log })
    const stop = async () => {
      await server.stop()
      await release()
    }
    let stopping: Promise<void> | undefined
    return { url: server.url, port: server.port, dataDir: folder.cluster, stop: () => (stopping ??= stop()) }
  } catch (error) {
    await release()
    throw await explainFailure(error, folder.dir)
  }
}

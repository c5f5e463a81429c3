import { resolve } from 'node:path'
import { findBinaries } from './binaries.ts'
import { createCluster } from './cluster.ts'
import { explain } from './failure.ts'
import { openHome } from './home.ts'
import { endLeftovers } from './leftovers.ts'
import { takeLock } from './lock.ts'
import { startServer } from './server.ts'

export interface EmbeddedOptions {
  /** Folder of this shop's database; made when missing. As root the data may lie elsewhere: a file `location` then says where. */
  dataDir: string
  /** Takes lines for people: slow steps, and what went wrong in the background. */
  log: (line: string) => void
  /** Postgres settings by name, on top of (and before) our own. */
  settings?: Record<string, string>
}

export interface EmbeddedPostgres {
  /** Holds the password: never log it. */
  url: string
  port: number
  /** Postgres's own data folder, wherever it had to be put. */
  dataDir: string
  /** Fast shutdown; ends within 5 s whatever state Postgres is in, and may be called twice. */
  stop: () => Promise<void>
}

/**
 * The Postgres that comes with the shop: a real server on a free loopback port, durable, one shop a folder.
 * What an earlier run left behind (after `kill -9`, say) is stopped first. Throws BootError with what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log, settings = {} } = options
  const home = await openHome(resolve(options.dataDir), log)
  const release = await takeLock(home.dir)
  try {
    const binaries = await findBinaries(home.account, log)
    await endLeftovers(home.cluster, log)
    const password = await createCluster(home, binaries, log)
    const server = await startServer({ home, binaries, password, settings, log })
    const shutDown = async () => {
      await server.stop()
      await release()
    }
    let stopping: Promise<void> | undefined
    return { url: server.url, port: server.port, dataDir: home.cluster, stop: () => (stopping ??= shutDown()) }
  } catch (error) {
    await release()
    throw await explain(error, home.dir)
  }
}

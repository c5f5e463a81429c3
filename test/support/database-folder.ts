import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the database of this data folder lies: as root, in a closed folder, that is elsewhere. */
export function databaseFolder(dataDir: string): string {
  const location = join(dataDir, 'postgres/location')
  return existsSync(location) ? readFileSync(location, 'utf8').trim() : dataDir
}

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Folder of the database of a data folder: as root, below a closed folder, it is elsewhere. */
export function databaseFolder(dataDir: string): string {
  const location = join(dataDir, 'postgres/location')
  return existsSync(location) ? readFileSync(location, 'utf8').trim() : dataDir
}

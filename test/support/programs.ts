import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The first of these programs on PATH or in /usr/sbin. */
export function findProgram(...names: string[]): string | undefined {
  // Debian has servers in /usr/sbin, which is not on the PATH of every user.
  const dirs = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'].filter((dir) => dir !== '')
  return names.flatMap((name) => dirs.map((dir) => join(dir, name))).find(isExecutable)
}

/** Chromium or Chrome: `CHROMIUM_PATH`, else from PATH. `npm test` has installed one. */
export function chromiumPath(): string {
  const path = process.env.CHROMIUM_PATH ?? findProgram('chromium', 'chromium-browser', 'google-chrome')
  if (path === undefined) throw new Error('Tests need Chromium: put it on PATH, or set CHROMIUM_PATH.')
  return path
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

import { readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Ends the name of the cache's folder in the bundle, in place of the user id that Node adds. */
const anyUser = '-any'

/**
 * Lets src/main.ts find the compile cache of the bundle: Node looks for a folder that is named after its own version and
 * the user id, which the build cannot know. A folder that may not be written costs a slower start, nothing else.
 */
export function useCompileCache(): void {
  const dir = join(import.meta.dirname, '.compile-cache')
  process.env.NODE_COMPILE_CACHE = dir
  process.env.NODE_COMPILE_CACHE_PORTABLE = '1'
  try {
    const names = readdirSync(dir)
    for (const name of names.filter((each) => each.endsWith(anyUser))) {
      const own = `${name.slice(0, -anyUser.length)}-${process.getuid?.() ?? 0}`
      if (!names.includes(own)) symlinkSync(name, join(dir, own))
    }
  } catch {
    // The shop starts without the cache.
  }
}

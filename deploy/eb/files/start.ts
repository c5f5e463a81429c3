import { useCompileCache } from './compile-cache.ts'
import { settingsFromEnvironment } from './settings.ts'

// Starts the shop on an instance: HOLDFAST_TIER says which command, and the secrets become settings. It is the same
// process, so that SIGTERM of the platform reaches the shop.
try {
  const { command, settings } = settingsFromEnvironment(process.env)
  Object.assign(process.env, settings)
  process.argv = [process.execPath, new URL('src/main.ts', import.meta.url).pathname, ...command]
} catch (error) {
  process.stderr.write(`The instance cannot start: ${error instanceof Error ? error.message : 'unknown error'}\n`)
  process.exit(1)
}
useCompileCache()
await import(new URL('src/main.ts', import.meta.url).href)

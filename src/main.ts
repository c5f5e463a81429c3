import { enableCompileCache } from 'node:module'

// Before anything else is loaded: the second start finds everything compiled, types stripped.
enableCompileCache()
const { runCommandLine } = await import('./commands/index.ts')
await runCommandLine(process.argv)

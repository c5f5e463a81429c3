import { enableCompileCache, registerHooks } from 'node:module'

// Before anything else is loaded: the second start finds everything compiled, types stripped.
enableCompileCache()

// The package.json of drizzle-orm is 179 kB, and Node 24 reads it anew for each of its 200 ES modules: 1.8 s and 230 MiB
// at every start. Its CommonJS build, the same code, is looked up once.
registerHooks({
  resolve(specifier, context, next) {
    const isDrizzle = specifier === 'drizzle-orm' || specifier.startsWith('drizzle-orm/')
    return next(specifier, isDrizzle ? { ...context, conditions: ['node', 'require'] } : context)
  },
})

const { runCommandLine } = await import('./commands/index.ts')
await runCommandLine(process.argv)

import { enableCompileCache, registerHooks } from 'node:module'

// The compile cache is enabled before anything else loads: later starts find all code compiled, with types stripped.
enableCompileCache()

// drizzle-orm is loaded as CommonJS: Node 24 parses its package.json (179 kB) again for each of its 200 ES modules, which
// costs 1.8 s and 230 MiB at every start. The CommonJS build is the same code.
registerHooks({
  resolve(specifier, context, next) {
    const isDrizzle = specifier === 'drizzle-orm' || specifier.startsWith('drizzle-orm/')
    return next(specifier, isDrizzle ? { ...context, conditions: ['node', 'require'] } : context)
  },
})

const { runCommandLine } = await import('./commands/index.ts')
await runCommandLine(process.argv)

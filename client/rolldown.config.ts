import { defineConfig, type Plugin } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import manifest from './package.json' with { type: 'json' }

/** Fails the build when the client or its types import a package that package.json does not list. */
const onlyListedPackages: Plugin = {
  name: 'only-listed-packages',
  generateBundle(_options, bundle) {
    const listed = Object.keys(manifest.dependencies)
    for (const output of Object.values(bundle)) {
      const code = output.type === 'chunk' ? output.code : ''
      for (const [, id = ''] of code.matchAll(/(?:\bfrom|\bimport\(?)\s*["']([^"'.][^"']*)["']/g))
        if (!listed.some((name) => id === name || id.startsWith(`${name}/`)))
          this.error(`${output.fileName} imports ${id}. List it in client/package.json, or name the type without it.`)
    }
  },
}

/** Builds the published package: one module, and one file with every type that it names. */
export default defineConfig({
  input: 'src/client.ts',
  platform: 'neutral',
  external: /^[^.#/]/,
  treeshake: { moduleSideEffects: 'no-external' },
  // The root's tsconfig, since tsc writes the declarations of files outside the folder of its config beside them.
  plugins: [dts({ tsconfig: '../tsconfig.json' }), onlyListedPackages],
  output: {
    dir: 'dist',
    cleanDir: true,
    // The types of tRPC need this library, which is not in the default `lib` of older targets.
    banner: ({ fileName }) => (fileName.endsWith('.d.ts') ? '/// <reference lib="esnext.disposable" />' : ''),
  },
  checks: { bundlerTimings: false },
})

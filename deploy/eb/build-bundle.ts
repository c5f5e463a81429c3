import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { BundleError } from './bundle-error.ts'
import { buildBundle } from './bundle.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const program = new Command('bundle')
  .description('build the source bundle that Elastic Beanstalk runs: program, packages, pages and compile cache')
  .option('--output <folder>', 'where the bundle is written', join(root, 'dist'))
  .option('--allow-dirty', 'build uncommitted changes too, for a try on this machine; no release takes such a bundle')
  .addHelpText('after', '\nThe version is the time and the id of the commit. A dirty tree is refused.')
  .action(async ({ output, allowDirty }: { output: string; allowDirty?: boolean }) => {
    const print = (line: string): void => void process.stdout.write(`${line}\n`)
    const bundle = await buildBundle({ root, output, isDirtyAllowed: allowDirty === true, print })
    print(
      `${bundle.file}: version ${bundle.version}, ${Math.round(bundle.bytes / 2 ** 20)} MiB, SHA-256 ${bundle.sha256}`,
    )
  })

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof BundleError)) throw error
  process.stderr.write(`\n${error.message}\n`)
  process.exitCode = 1
}

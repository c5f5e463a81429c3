import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BundleError } from './bundle-error.ts'

/** Tiers whose code is compiled. */
const tiers = ['web', 'worker', 'migrate']

/**
 * Fills `.compile-cache` of an unpacked bundle by starting each tier with the bundle's own Node. There is no database at
 * the address, so that each loads all its code, says so, and ends.
 * @throws BundleError when a tier fails for another reason
 */
export async function warmCompileCache(folder: string): Promise<void> {
  for (const tier of tiers) {
    const child = spawn(join(folder, 'node_modules/node/bin/node'), ['start.ts'], {
      cwd: folder,
      env: {
        NODE_NO_WARNINGS: '1',
        HOLDFAST_TIER: tier,
        DATABASE_URL: 'postgres://nobody@127.0.0.1:9/nothing',
        DATA_DIR: join(folder, '.data'),
        PAYMENT_SECRET_KEY: 'sk_test_of_the_build',
        SECRET_KEY: 'b0a7c9d4e1f2385796a4c3b2d1e0f9a8',
        LOG_LEVEL: 'silent',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await once(child, 'close')
    if (!/Postgres|ECONNREFUSED/.test(output))
      throw new BundleError(`The ${tier} of the bundle does not start:\n${output.slice(0, 2_000)}`)
  }
  await rm(join(folder, '.data'), { recursive: true, force: true })
  const cache = join(folder, '.compile-cache')
  for (const name of await readdir(cache)) await rename(join(cache, name), join(cache, name.replace(/-\d+$/, '-any')))
}

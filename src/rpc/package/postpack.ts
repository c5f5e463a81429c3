import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { manifestOf, packageDir, type ProjectManifest } from './manifest.ts'

/**
 * Puts the client's own package in the place of the tarball that npm has just packed, whose package.json names the
 * server's dependencies. The project's package.json is never touched: a crash could lose it, and processes that start
 * meanwhile read their doors from it.
 */

const root = fileURLToPath(new URL('../../../', import.meta.url))

function replaceTarball(): void {
  const { name, version } = manifestOf(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as ProjectManifest)
  const { npm_execpath: npm, npm_config_pack_destination: destination, INIT_CWD: startedIn } = process.env
  if (npm === undefined) throw new Error('postpack is run by npm pack.')
  const folder = resolve(startedIn ?? root, destination ?? '.')
  const tarball = join(folder, `${name}-${version}.tgz`)
  if (!existsSync(tarball))
    throw new Error(
      `npm packed to another place than ${tarball}, so that it still names the server's dependencies. Do not publish it.`,
    )
  execFileSync(process.execPath, [npm, 'pack', `./${packageDir}`, '--pack-destination', folder], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

if (process.env['npm_config_dry_run'] !== 'true') replaceTarball()

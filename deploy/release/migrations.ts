import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { checkMigrations as check } from '../migrations/index.ts'
import { ReleaseError } from './release-error.ts'

/**
 * The check of deploy/migrations: no migration of this checkout breaks the previous release, which runs beside the new one.
 * @throws ReleaseError that names each migration with its remedy
 */
export async function checkMigrations(options?: Parameters<typeof check>[0]): Promise<void> {
  const { ok, problems } = await check(options)
  if (ok) return
  const lines = problems.map(({ file, message, remedy }) => `\n  ${file}: ${message} ${remedy}`)
  throw new ReleaseError(
    `The migrations would break the previous release, which runs beside this one:${lines.join('')}`,
    { remedy: 'Expand first, contract in a later release (deploy/migrations/README.md). Nothing was migrated.' },
  )
}

/** Migrates by the checkout at `root`. The database is reached from here: a build in the VPC, or a tunnel. */
export async function migrate(root: string): Promise<void> {
  if (process.env.DATABASE_URL === undefined)
    throw new ReleaseError('DATABASE_URL is not set, and the database is to be migrated.', {
      remedy:
        'Run the release where the database is reached (a build in the VPC, or a tunnel), with DATABASE_URL of its owner; then `npm run release -- resume`.',
    })
  const program = join(root, 'src/main.ts')
  const child = spawn(process.execPath, [program, 'migrate'], { stdio: ['ignore', 'inherit', 'inherit'] })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code === 0) return
  throw new ReleaseError('The database was not migrated.', {
    remedy: 'Read the reason above. Nothing serves the new version; mend it, then `npm run release -- resume`.',
  })
}

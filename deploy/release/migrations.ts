import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { checkMigrations as check, type PreviousRelease } from '../migrations/index.ts'
import { commitOf, git } from './checkout.ts'
import { ReleaseError } from './release-error.ts'

/**
 * Both versions run side by side, so no migration between them may take away what the older one uses. The older one is
 * the running one, or that of the checkout when a release goes back.
 * @throws ReleaseError that names each migration with its remedy
 */
export async function checkMigrations(root: string, running: string | undefined): Promise<void> {
  if (running === undefined) return refuse(await check({ root }))
  const [commit, head] = [await runningCommit(root, running), await git(root, 'rev-parse', 'HEAD')]
  const isGoingBack = commit !== head && (await git(root, 'merge-base', head, commit)) === head
  if (!isGoingBack) return refuse(await check({ root, previous: await releaseAt(root, commit) }))
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-running-'))
  try {
    await git(folder, 'clone', '--quiet', '--shared', '--no-checkout', root, '.')
    await git(folder, 'checkout', '--quiet', commit, '--', 'migrations')
    refuse(await check({ root: folder, previous: await releaseAt(root, head) }))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function runningCommit(root: string, running: string): Promise<string> {
  return git(root, 'rev-parse', '--verify', `${commitOf(running)}^{commit}`).catch((cause: unknown) => {
    throw new ReleaseError(`This clone does not have the commit of ${running}, which serves.`, {
      remedy: 'Fetch it (`git fetch`, `git fetch --unshallow`), then run the command again.',
      cause,
    })
  })
}

async function releaseAt(root: string, commit: string): Promise<PreviousRelease> {
  const files = (await git(root, 'ls-tree', '--name-only', commit, 'migrations/')).split('\n')
  const migrations = files.filter((file) => file.endsWith('.sql')).map((file) => basename(file, '.sql'))
  return { commit, isReleased: true, migrations }
}

function refuse({ ok, problems }: Awaited<ReturnType<typeof check>>): void {
  if (ok) return
  const lines = problems.map(({ file, message, remedy }) => `\n  ${file}: ${message} ${remedy}`)
  throw new ReleaseError(`The migrations would break the older of the two versions:${lines.join('')}`, {
    remedy: 'Expand first, contract in a later release (deploy/migrations/README.md). Nothing was migrated.',
  })
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

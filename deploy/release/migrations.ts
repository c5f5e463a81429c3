import { existsSync } from 'node:fs'
import { ReleaseError } from './release-error.ts'

interface MigrationCheck {
  checkMigrations(): Promise<{ ok: boolean; problems: { file: string; message: string; remedy: string }[] }>
}

const checkUrl = new URL('../migrations/index.ts', import.meta.url)

/**
 * The check of deploy/migrations: nothing of the new release breaks the previous one, which runs beside it.
 * @throws ReleaseError that names each migration with its remedy
 */
export async function checkMigrations(): Promise<void> {
  if (!existsSync(checkUrl))
    throw new ReleaseError('deploy/migrations is missing: the migrations cannot be checked.', {
      remedy: 'Release from a complete checkout.',
    })
  const { checkMigrations: check } = (await import(checkUrl.href)) as MigrationCheck
  const { ok, problems } = await check()
  if (ok) return
  const lines = problems.map(({ file, message, remedy }) => `\n  ${file}: ${message} ${remedy}`)
  throw new ReleaseError(
    `The migrations would break the previous release, which runs beside this one:${lines.join('')}`,
    {
      remedy: 'Expand first, contract in a later release (CONTRIBUTING.md). Nothing was migrated.',
    },
  )
}

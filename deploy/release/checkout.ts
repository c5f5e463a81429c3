import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ReleaseError } from './release-error.ts'

const exec = promisify(execFile)

/** Runs git in a folder. @throws ReleaseError when it fails */
export async function git(folder: string, ...args: string[]): Promise<string> {
  try {
    return (await exec('git', args, { cwd: folder, maxBuffer: 2 ** 26 })).stdout.trim()
  } catch (cause) {
    const reason = (cause as { stderr?: string }).stderr ?? String(cause)
    throw new ReleaseError(`git ${args.join(' ')} failed: ${reason.trim()}`, {
      remedy: 'Release from a complete clone of the repository, with git.',
      cause,
    })
  }
}

/** The abbreviated commit that the label of a version ends with. */
export const commitOf = (version: string): string => version.split('-').at(-1) ?? ''

/**
 * The migrations of a checkout are checked and run, so it must be that of the version.
 * @throws ReleaseError when it is another commit, or has changes
 */
export async function requireCheckout(root: string, version: string): Promise<void> {
  const revision = (await git(root, 'rev-parse', 'HEAD')).slice(0, 10)
  if (commitOf(version) !== revision)
    throw new ReleaseError(`The checkout is at ${revision}, and ${version} is of another commit.`, {
      remedy: `Its migrations would be checked and run. Check out the commit of ${version}, then run the command again.`,
    })
  const changes = await git(root, 'status', '--porcelain')
  if (changes === '') return
  throw new ReleaseError(`The checkout has uncommitted changes:\n${changes}`, {
    remedy: 'Commit or stash them, then run the command again.',
  })
}

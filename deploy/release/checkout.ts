import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ReleaseError } from './release-error.ts'

const exec = promisify(execFile)

/**
 * The migrations of a checkout are checked and run, so it must be that of the version.
 * @throws ReleaseError when it is another commit, or has changes
 */
export async function requireCheckout(root: string, version: string): Promise<void> {
  const git = async (...args: string[]): Promise<string> => {
    try {
      return (await exec('git', args, { cwd: root })).stdout.trim()
    } catch (cause) {
      throw new ReleaseError('git cannot read this checkout.', { remedy: 'Release from a clone with git.', cause })
    }
  }
  const [revision, changes] = [await git('rev-parse', 'HEAD'), await git('status', '--porcelain')]
  if (!version.endsWith(`-${revision.slice(0, 10)}`))
    throw new ReleaseError(`The checkout is at ${revision.slice(0, 10)}, and ${version} is of another commit.`, {
      remedy: `Its migrations would be checked and run: \`git checkout ${version.split('-').at(-1)}\`, then run the command again.`,
    })
  if (changes !== '')
    throw new ReleaseError(`The checkout has uncommitted changes:\n${changes}`, {
      remedy: 'Commit or stash them, then run the command again.',
    })
}

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { glob, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BootError } from '#errors'

const root = fileURLToPath(new URL('../..', import.meta.url))
const stampFile = join(root, 'web/dist/.built-from')

/**
 * Builds the pages when their sources have changed since the last build; about 2 s. The builder is a process of its own,
 * so that the shop does not keep its memory.
 * @throws BootError with the builder's output
 */
export async function buildPages(print: (line: string) => void): Promise<void> {
  const wanted = await sourceDigest()
  const built = await readFile(stampFile, 'utf8').catch(() => '')
  if (built === wanted) return
  print('Building the pages ...')
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js')
  const builder = spawn(process.execPath, [vite, 'build', '--logLevel', 'error'], {
    cwd: join(root, 'web'),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  builder.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  builder.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(builder, 'exit')) as [number | null]
  if (code !== 0)
    throw new BootError(
      `The pages could not be built. Fix the errors below, or start with --no-pages.\n${output.slice(-2_000)}`,
    )
  await writeFile(stampFile, wanted)
}

async function sourceDigest(): Promise<string> {
  const patterns = [
    'web/index.html',
    'web/vite.config.ts',
    'web/src/**/*',
    'web/public/**/*',
    'client/src/client.ts',
    'package-lock.json',
  ]
  const files: string[] = []
  for await (const entry of glob(patterns, { cwd: root, withFileTypes: true }))
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name))
  const digest = createHash('sha256')
  for (const file of files.toSorted()) digest.update(file.slice(root.length)).update(await readFile(file))
  return digest.digest('hex')
}

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** The npm scripts that a developer runs by hand. */

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Run {
  env?: Record<string, string>
  cwd?: string
}

async function npmRun(args: string[], { env = {}, cwd = root }: Run = {}): Promise<{ code: number; output: string }> {
  const child = spawn('npm', ['run', '-s', ...args], { cwd, env: { ...process.env, ...env } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}

/** A package registry that knows these advisories and nothing else. */
async function startRegistry(advisories: object) {
  const server = createServer((request, response) => {
    const isBulk = request.url === '/-/npm/v1/security/advisories/bulk'
    request.resume().on('end', () => {
      response.writeHead(isBulk ? 200 : 404, { 'content-type': 'application/json' })
      response.end(JSON.stringify(isBulk ? advisories : {}))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    env: { npm_config_registry: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

test('the audit finds no advisory where the registry knows none', async () => {
  await using registry = await startRegistry({})
  const { code, output } = await npmRun(['audit'], registry)
  expect(output).toMatch(/^No advisory is known for the \d+ packages/)
  expect(code).toBe(0)
})

test('the audit names the package, the advisory and its address, and fails', async () => {
  const advisory = {
    id: 7,
    severity: 'high',
    vulnerable_versions: '<999',
    title: 'Reads too much',
    url: 'https://a.test/7',
  }
  await using registry = await startRegistry({ fastify: [advisory] })
  const { code, output } = await npmRun(['audit'], registry)
  expect(output).toContain('HIGH  fastify  ')
  expect(output).toContain('Reads too much  https://a.test/7  (<999)')
  expect(code).toBe(1)
})

test('the audit says that nothing was checked where the registry does not answer', async () => {
  const { code, output } = await npmRun(['audit'], { env: { npm_config_registry: 'http://127.0.0.1:9/' } })
  expect(output).toMatch(/^The registry gave no advisories, so nothing was checked: .*ECONNREFUSED/)
  expect(code).toBe(0)
})

test('the bill of materials lists the packages that a shop runs with, and no other', async () => {
  const { code, output } = await npmRun(['sbom'])
  expect(code).toBe(0)
  const { bomFormat, components } = JSON.parse(output) as { bomFormat: string; components: { name: string }[] }
  expect(bomFormat).toBe('CycloneDX')
  const names = components.map(({ name }) => name)
  expect(names).toContain('fastify')
  expect(names).not.toContain('vitest')
})

test('a benchmark on a machine without Redis says what to install, without a stack', async () => {
  // A clone whose packages are installed: the hook of the script must not install them here, beneath the running tests.
  const clone = await mkdtemp(join(tmpdir(), 'holdfast-clone-'))
  try {
    for (const folder of ['bin', 'src', 'node_modules', 'deploy/node_modules'])
      await mkdir(join(clone, folder), { recursive: true })
    for (const file of ['package.json', 'package-lock.json', 'deploy/package-lock.json', 'src/install.mjs'])
      await copyFile(join(root, file), join(clone, file))
    for (const folder of ['.', 'deploy']) {
      const stamp = createHash('sha256').update(await readFile(join(root, folder, 'package-lock.json')))
      stamp.update(`${process.platform} ${process.arch}`)
      await writeFile(join(clone, folder, 'node_modules/.holdfast-install'), stamp.digest('hex'))
    }
    // A PATH of npm and what npm itself needs.
    for (const name of ['node', 'npm', 'sh']) {
      const found = (process.env['PATH'] ?? '').split(delimiter).find((folder) => existsSync(join(folder, name)))
      await symlink(join(found ?? '', name), join(clone, 'bin', name))
    }
    const env = { PATH: join(clone, 'bin'), REDIS_URL: '' }
    const { code, output } = await npmRun(['bench', '--', 'place'], { env, cwd: clone })
    expect(code).not.toBe(0)
    expect(output).toContain('programs that are not installed')
    expect(output).toContain('redis-server or valkey-server on PATH, or REDIS_URL')
    expect(output).not.toMatch(/\n\s+at /)
  } finally {
    await rm(clone, { recursive: true, force: true })
  }
})

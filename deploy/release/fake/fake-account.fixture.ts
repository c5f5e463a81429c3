import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { killOnExit } from '../../../test/support/living.ts'
import { createAws } from '../aws.ts'
import { stackOutputs, testSettings } from '../infrastructure.fixture.ts'
import type { ReleaseSettings } from '../release-settings.ts'
import type { DeployInput, ReleaseInput } from '../release.ts'
import { startFakeAws } from './server.ts'
import { addLiveShop, createWorld, type World } from './world.ts'

export const livePrefix = 'holdfast-shop'

/** An account with a deployer for it. */
export interface FakeAccount extends AsyncDisposable {
  world: World
  env: Record<string, string>
  lines: string[]
  /** What the collaborators were asked. */
  done: string[]
  /** Actions of the clock that are under way. */
  heartbeats: ReadonlySet<() => void>
  deployment: DeployInput
  input(
    changes?: Partial<ReleaseInput> & { isDryRun?: boolean; maxAttempts?: number; shop?: Partial<ReleaseSettings> },
  ): ReleaseInput
  /** Runs a deployer as a process. @returns how it ended, and what it printed */
  spawnDeployer(options?: { killAt?: string; args?: string[] }): { kill(): void; ended: Promise<Ended> }
}

interface Ended {
  signal: NodeJS.Signals | null
  code: number | null
  output: string
}

/** What serves before a release, untouched. */
export const untouched = ['holdfast-web-blue v1 Ready live', 'holdfast-worker-blue v1 Ready']
export const released = ['holdfast-web-green v2 Ready live', 'holdfast-worker-green v2 Ready']

/** The environments there are, each with its version, its status and whether it has the live address. */
export const stateOf = ({ world }: FakeAccount): string[] =>
  world.environments
    .filter(({ status }) => status !== 'Terminated')
    .map(
      ({ name, version, status, cnamePrefix }) =>
        `${name} ${version} ${status}${cnamePrefix === livePrefix ? ' live' : ''}`,
    )
    .toSorted()

/** The calls that changed something, in order, without the writes of the record. */
export const changesOf = ({ world }: FakeAccount): string[] =>
  world.calls.filter(
    (call) => /^\w+ (Create|Update|Terminate|Swap|Put|Modify|Associate|Abort)/.test(call) && call !== 's3 PutObject',
  )

const deployerFile = fileURLToPath(new URL('../deployer.fixture.ts', import.meta.url))

export async function createFakeAccount({ isEmpty = false } = {}): Promise<FakeAccount> {
  const world = createWorld({ ...stackOutputs }, livePrefix)
  if (!isEmpty) addLiveShop(world, livePrefix)
  const fake = await startFakeAws(world)
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-release-'))
  const bundleFile = join(folder, 'bundle.zip')
  await writeFile(bundleFile, 'a bundle')
  for (const [name, value] of Object.entries(fake.env)) vi.stubEnv(name, value)
  const [lines, done]: [string[], string[]] = [[], []]
  const print = (line: string): void => void lines.push(line)
  const heartbeats = new Set<() => void>()
  const opened = new Set<{ close(): void }>()
  return {
    world,
    env: fake.env,
    lines,
    done,
    heartbeats,
    deployment: { version: 'v2', strategy: 'blue-green', bundleFile },
    input({ isDryRun = false, shop = {}, maxAttempts = 6, ...changes } = {}) {
      const aws = createAws({ region: shop.region ?? testSettings.region, isDryRun, maxAttempts, print })
      opened.add(aws)
      return {
        aws,
        settings: { ...testSettings, ...shop },
        owner: 'ada@laptop',
        clock: {
          now: async () => world.now,
          // Real time passes too, so that concurrent deployers interleave.
          sleep: async (ms) => {
            world.advance(ms)
            await new Promise((resolve) => setImmediate(resolve))
          },
          every: (_, action) => {
            heartbeats.add(action)
            return () => heartbeats.delete(action)
          },
        },
        print,
        checkMigrations: async () => void done.push('check migrations'),
        migrate: async () => void done.push('migrate'),
        smokeTest: async ({ host }) => void done.push(`smoke ${host}`),
        ...changes,
      }
    },
    spawnDeployer({ killAt, args = [] } = {}) {
      const child = spawn(process.execPath, [deployerFile, ...args], {
        env: {
          PATH: process.env['PATH'] ?? '',
          NODE_NO_WARNINGS: '1',
          BUNDLE: bundleFile,
          ...fake.env,
          ...(killAt === undefined ? {} : { KILL_AT: killAt }),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      killOnExit(child)
      let output = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
      const ended = once(child, 'close').then(() => ({ signal: child.signalCode, code: child.exitCode, output }))
      return { kill: () => void child.kill('SIGKILL'), ended }
    },
    async [Symbol.asyncDispose]() {
      for (const aws of opened) aws.close()
      vi.unstubAllEnvs()
      await fake[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

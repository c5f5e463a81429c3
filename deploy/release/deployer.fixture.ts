import { createAws } from './aws.ts'
import type { Clock } from './clock.ts'
import { testSettings } from './infrastructure.fixture.ts'
import { ReleaseError } from './release-error.ts'
import { deploy, rollback, type ReleaseInput } from './release.ts'

// A deployer as a process of its own, whose clock is that of the fake: sleeping moves it. It ends itself by SIGKILL when it
// prints a line that begins with KILL_AT.

const { AWS_ENDPOINT_URL: url = '', KILL_AT: killAt, BUNDLE: bundleFile } = process.env

const clock: Clock = {
  now: async () => Number(await (await fetch(`${url}/_clock`)).text()),
  sleep: async (ms) => void (await fetch(`${url}/_clock?advance=${ms}`)),
  every: () => () => undefined,
}

const input: ReleaseInput = {
  aws: createAws({ region: testSettings.region, print }),
  settings: testSettings,
  owner: `deployer ${process.pid}`,
  clock,
  print,
  checkMigrations: async () => undefined,
  migrate: async () => undefined,
  smokeTest: async () => undefined,
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
  if (killAt !== undefined && line.includes(killAt)) process.kill(process.pid, 'SIGKILL')
}

try {
  if (process.argv[2] === 'rollback') await rollback(input)
  else await deploy(input, { version: 'v2', strategy: 'blue-green', bundleFile })
} catch (error) {
  if (!(error instanceof ReleaseError)) throw error
  process.stderr.write(`${error.message} ${error.remedy}\n`)
  process.exitCode = 1
}

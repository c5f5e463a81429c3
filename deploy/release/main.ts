import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, Option } from 'commander'
import { z } from 'zod'
import { createAws } from './aws.ts'
import { systemClock } from './clock.ts'
import { checkMigrations } from './migrations.ts'
import { ReleaseError } from './release-error.ts'
import { readReleaseSettings } from './release-settings.ts'
import { deploy, plan, resume, rollback, status, type DeployInput, type ReleaseInput } from './release.ts'
import { smokeTest } from './smoke.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const print = (line: string): void => void process.stdout.write(`${line}\n`)
const descriptionSchema = z.object({ version: z.string() })

interface Options {
  settings: string
  dryRun?: boolean
  bundle?: string
  version?: string
  strategy?: DeployInput['strategy']
}

async function withRelease(options: Options, action: (input: ReleaseInput) => Promise<void>): Promise<void> {
  const settings = await readReleaseSettings(options.settings)
  const aws = createAws({ region: settings.region, isDryRun: options.dryRun === true, print })
  try {
    await action({
      aws,
      settings,
      owner: `${userInfo().username}@${hostname()} (process ${process.pid})`,
      clock: systemClock,
      print,
      checkMigrations,
      migrate,
      smokeTest,
    })
  } finally {
    aws.close()
  }
}

/** Migrates by this checkout. The database is reached from where the release runs: a build in the VPC, or a tunnel. */
async function migrate(): Promise<void> {
  if (process.env.DATABASE_URL === undefined)
    throw new ReleaseError('DATABASE_URL is not set, and the database is to be migrated.', {
      remedy:
        'Run the release where the database is reached (a build in the VPC, or a tunnel), with DATABASE_URL of its owner; then `npm run release -- resume`.',
    })
  const child = spawn(process.execPath, [join(root, 'src/main.ts'), 'migrate'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code === 0) return
  throw new ReleaseError('The database was not migrated.', {
    remedy: 'Read the reason above. Nothing serves the new version; mend it, then `npm run release -- resume`.',
  })
}

/** The bundle of `--bundle`, or the newest in dist/. `--version` names one that is in S3 already. */
async function chooseBundle({ bundle, version, strategy = 'blue-green' }: Options): Promise<DeployInput> {
  if (version !== undefined) return { version, strategy, bundleFile: bundle }
  const file = bundle ?? (await newestBundle())
  const text = await readFile(file.replace(/\.zip$/, '.json'), 'utf8').catch(() => {
    throw new ReleaseError(`${file} has no description beside it.`, { remedy: 'Run `npm run bundle`.' })
  })
  const description = descriptionSchema.parse(JSON.parse(text))
  if (description.version.endsWith('-dirty'))
    throw new ReleaseError(`${file} was built from uncommitted changes.`, {
      remedy: 'Commit them, run `npm run bundle`, and deploy that bundle.',
    })
  return { version: description.version, strategy, bundleFile: file }
}

async function newestBundle(): Promise<string> {
  const names = await readdir(join(root, 'dist')).catch(() => [])
  const newest = names
    .filter((name) => /^holdfast-.*\.zip$/.test(name))
    .toSorted()
    .at(-1)
  if (newest !== undefined) return join(root, 'dist', newest)
  throw new ReleaseError('There is no bundle in dist/.', {
    remedy: 'Run `npm run bundle`, or pass --bundle or --version.',
  })
}

const program = new Command('release')
  .description('Release Holdfast to Elastic Beanstalk: blue-green, step by step, each of which can be resumed.')
  .addHelpText(
    'after',
    `
A release creates new environments beside those that serve, tests them, swaps the addresses, watches errors and p99, and
terminates the old ones once nobody uses them. It goes back by itself when the new version is worse. If this command dies,
\`resume\` on any machine continues. Nothing that serves is changed before the swap.

Credentials come from where the AWS SDK looks: AWS_PROFILE, environment, role. The settings file is described in
deploy/release/README.md. DATABASE_URL is that of the database's owner, for the migrations.
Exit codes: 0 for success, 1 for a failure that is printed with its remedy.`,
  )
  .showHelpAfterError('(add --help for usage)')

const command = (name: string, description: string): Command =>
  program
    .command(name)
    .description(description)
    .option('--settings <file>', 'settings of this shop', 'deploy/release/settings.json')
const withBundle = (each: Command): Command =>
  each
    .option('--bundle <file>', 'the bundle (default: the newest in dist/, by `npm run bundle`)')
    .option('--version <label>', 'a version that was uploaded before, such as the previous one')
    .addOption(
      new Option('--strategy <name>', 'blue-green, or canary: Beanstalk splits the traffic in the same environment')
        .choices(['blue-green', 'canary'])
        .default('blue-green'),
    )
const dryRun = ['--dry-run', 'print each call that would change something, and make none'] as const

withBundle(command('plan', 'print what a release would do; it changes nothing')).action((options: Options) =>
  withRelease(options, async (input) => plan(input, await chooseBundle(options))),
)
withBundle(command('deploy', 'release a version'))
  .option(...dryRun)
  .action((options: Options) => withRelease(options, async (input) => deploy(input, await chooseBundle(options))))
command('status', 'print the release under way and the environments').action((options: Options) =>
  withRelease(options, status),
)
command('resume', 'continue a release or rollback whose deployer stopped or died')
  .option('--bundle <file>', 'the bundle, where it was not uploaded yet')
  .option(...dryRun)
  .action((options: Options) => withRelease(options, (input) => resume(input, options.bundle)))
command('rollback', 'go back to what served before the unfinished release, from any step')
  .option(...dryRun)
  .action((options: Options) => withRelease(options, rollback))

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof ReleaseError)) throw error
  process.stderr.write(`\n${error.message}\n${error.remedy}\n`)
  process.exitCode = 1
}

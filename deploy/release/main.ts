import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, Option } from 'commander'
import { createAws } from './aws.ts'
import { systemClock } from './clock.ts'
import { requireCheckout } from './checkout.ts'
import { checkMigrations, migrate } from './migrations.ts'
import { newestBundle, readBundle } from './release-bundle.ts'
import { ReleaseError } from './release-error.ts'
import { readReleaseSettings } from './release-settings.ts'
import { deploy, plan, resume, rollback, status, type DeployInput, type ReleaseInput } from './release.ts'
import { smokeTest } from './smoke.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const print = (line: string): void => void process.stdout.write(`${line}\n`)

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
      async checkMigrations(version, running) {
        await requireCheckout(root, version)
        await checkMigrations(root, running)
      },
      async migrate(version) {
        await requireCheckout(root, version)
        await migrate(root)
      },
      smokeTest,
    })
  } finally {
    aws.close()
  }
}

/** The bundle of `--bundle`, or the newest in dist/. `--version` names one that is in S3 already. */
async function chooseBundle({ bundle, version, strategy = 'blue-green' }: Options): Promise<DeployInput> {
  if (version !== undefined) return { version, strategy, bundleFile: undefined }
  const found = await readBundle(bundle ?? (await newestBundle(join(root, 'dist'))))
  return { version: found.version, strategy, bundleFile: found.file }
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
    .addOption(
      new Option('--version <label>', 'a version that was uploaded before, such as the previous one').conflicts(
        'bundle',
      ),
    )
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
  .action((options: Options) =>
    withRelease(options, async (input) =>
      resume(input, options.bundle === undefined ? undefined : await readBundle(options.bundle)),
    ),
  )
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

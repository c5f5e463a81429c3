import cluster from 'node:cluster'
import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { AppError, BootError } from '#errors'
import type { ImportCommandOptions } from './import.ts'
import { exitOnSignals } from './signals.ts'

/** The command line. Each command loads its own code when it runs, so that `--help` prints immediately. */
export async function runCommandLine(argv: string[]): Promise<void> {
  const program = new Command('holdfast')
    .description('The backend of an online shop that keeps selling when parts of it fail.')
    .addHelpText(
      'after',
      '\nSettings come from the environment; `doctor` lists and checks them all. `<command> --help` says what a command needs.\nExit codes: 0 for success, 1 for a failure that is printed with its remedy.',
    )
    .showHelpAfterError('(add --help for usage)')

  program
    .command('start')
    .description('run a whole shop on this machine: database, demo data, payment sandbox, pages, web and worker')
    .addHelpText(
      'after',
      '\nPORT=3001 npm start uses another port, PORT=0 a free one. Data is kept in .data (DATA_DIR). Ctrl-C stops everything.',
    )
    .option('--no-pages', 'do not build the pages, when only the API is needed')
    .action(async ({ pages }: { pages: boolean }) => (await import('./start.ts')).start({ hasPages: pages }))

  program
    .command('serve')
    .description('run web only: HTTP, tRPC and the pages')
    .option('--processes <n>', 'identical processes on one port; `auto`: one per core', toProcesses, 1)
    .addHelpText(
      'after',
      '\nNeeds a database at this schema (`migrate`) and a payment provider (PAYMENT_SECRET_KEY).\nHOST=0.0.0.0 PORT=3000 npm run serve -- --processes auto listens for a balancer; /readyz is 200 when ready. METRICS_PORT serves /metrics. SIGTERM drains.\nNODE_ENV=production refuses settings that are not safe for real buyers.',
    )
    .action(async ({ processes }: { processes: number }) => (await import('./serve.ts')).serve({ processes }))

  program
    .command('worker')
    .description('run a worker only: payments, emails and timers; run as many as needed')
    .addHelpText(
      'after',
      '\nNeeds the settings of `serve`, the same on all replicas. METRICS_PORT serves /metrics, /livez and /readyz; an orchestrator that probes them needs METRICS_HOST=0.0.0.0. SIGTERM drains.',
    )
    .action(async () => (await import('./worker.ts')).runWorker())

  program
    .command('migrate')
    .description("migrate the database to this program's schema; safe to run at any time, from any machine")
    .addHelpText(
      'after',
      '\nNeeds DATABASE_URL, or migrates the embedded Postgres in DATA_DIR. Run it once a release, before `serve`.',
    )
    .action(async () => (await import('./migrate.ts')).migrateDatabase())

  program
    .command('seed')
    .description('fill an empty shop with demo products; a shop with products is not changed')
    .addHelpText(
      'after',
      '\nNeeds DATABASE_URL at this schema (`migrate`), or fills the embedded Postgres in DATA_DIR, running or stopped.',
    )
    .option('--demo-accounts', 'add demo accounts, whose passwords are published, to a database of your own too')
    .action(async (options: { demoAccounts?: boolean }) => (await import('./seed.ts')).seedShop(options))

  addStaffCommands(program)

  program
    .command('import')
    .description('import a Shopify product CSV into the catalog; importing the same file again changes nothing')
    .argument('<file>', 'the CSV file; its encoding and separator are recognised')
    .option('--currency <code>', "currency of the file's prices (default: the shop's base currency)")
    .addOption(
      new Option(
        '--on-bad-row <what>',
        '`reject`: one bad row rejects the whole file; `skip`: products without bad rows are imported',
      )
        .choices(['reject', 'skip'])
        .default('reject'),
    )
    .addOption(
      new Option(
        '--stock <what>',
        "a quantity that differs from a known SKU's stock: `keep` the shop's, which orders have changed since the export; `set` the file's",
      )
        .choices(['keep', 'set'])
        .default('keep'),
    )
    .addOption(
      new Option(
        '--locale <language>',
        "language of the file's texts, which are added to those in the other one (default: guessed for each product)",
      ).choices(['en', 'zh']),
    )
    .option('--encoding <name>', "the file's encoding, such as gb18030 or windows-1252 (default: recognised)")
    .option('--rejections <file>', 'write all rejected rows to this CSV file')
    .option('--dry-run', 'check the file and count what would change; write nothing', false)
    .addHelpText(
      'after',
      '\nWorks whether the shop is running or stopped. Rejected rows are listed with line and reason.',
    )
    .action(async (file: string, options: ImportCommandOptions) =>
      (await import('./import.ts')).importFile(file, options),
    )

  program
    .command('sandbox')
    .description('run the sandbox payment provider only: the part of the Stripe API that the shop uses')
    .option('--port <n>', 'port to listen on; 0 for a free one', toPort, 12_111)
    .option('--webhook <url>', 'URL that receives its signed webhooks, such as http://localhost:3000/webhooks/payment')
    .addHelpText(
      'after',
      '\nIts keys are PAYMENT_SECRET_KEY and PAYMENT_WEBHOOK_SECRET, or those generated into DATA_DIR; its ledger is in DATA_DIR.\nA shop uses it with PAYMENT_URL=<its address>. Faults are switched on at its address; see src/sandbox/README.md.',
    )
    .action(async ({ port, webhook }: { port: number; webhook?: string }) =>
      (await import('./sandbox.ts')).sandbox({ port, webhook }),
    )

  program
    .command('doctor')
    .description('list every setting, and check everything that the shop needs')
    .addHelpText(
      'after',
      '\nChecks the environment, Postgres, Redis, the payment provider and the email server, and with NODE_ENV=production whether the settings are safe for real buyers. It changes nothing and sends no email. Exit code 1 when a check fails.',
    )
    .action(async () => (await import('./doctor.ts')).doctor())

  program.hook('preAction', warnOfMistypedSettings)

  exitOnSignals()
  try {
    await program.parseAsync(argv)
  } catch (error) {
    await printError(error)
    process.exit(1)
  }
}

function addStaffCommands(program: Command): void {
  const staff = program
    .command('staff')
    .description('administer the accounts of staff; every change is audited')
    .addHelpText('after', '\nWorks on DATABASE_URL, or on the embedded Postgres in DATA_DIR, running or stopped.')
  const passwordStdin = ['--password-stdin', 'read the password from standard input instead of generating one'] as const

  staff
    .command('add')
    .description('create an account of staff, or enable a removed one again, and print its one-time password')
    .argument('<email>')
    .option(...passwordStdin)
    .action(async (email: string, options: { passwordStdin?: boolean }) =>
      (await import('./staff.ts')).addStaff(email, options),
    )
  staff
    .command('list')
    .description('list the accounts of staff')
    .action(async () => (await import('./staff.ts')).listStaff())
  staff
    .command('remove')
    .description('disable an account of staff and end its sessions')
    .argument('<email>')
    .action(async (email: string) => (await import('./staff.ts')).removeStaff(email))
  staff
    .command('reset-password')
    .description('replace the password of an account of staff, end its sessions, and print the one-time password')
    .argument('<email>')
    .option(...passwordStdin)
    .action(async (email: string, options: { passwordStdin?: boolean }) =>
      (await import('./staff.ts')).resetStaffPassword(email, options),
    )
}

/** Once: not again in the processes that this one starts. */
async function warnOfMistypedSettings(): Promise<void> {
  if (process.send !== undefined) return
  const { mistypedSettings } = await import('#config')
  for (const [name, meant] of mistypedSettings())
    process.stderr.write(`${name} is not a setting of the shop and has no effect. Did you mean ${meant}?\n`)
}

/** Prints an operator's mistake as its message; any other failure with root cause and stack, never with data. */
async function printError(error: unknown): Promise<void> {
  if (error instanceof BootError || error instanceof AppError) {
    if (cluster.isWorker) await reportToSupervisor(error.message)
    else process.stderr.write(`\n${error.message}\n`)
    return
  }
  const { failureReason } = await import('#db')
  const { stackOf } = await import('#telemetry')
  const stack = error instanceof Error ? stackOf(error) : ''
  process.stderr.write(`\nHoldfast failed: ${failureReason(error)}\n${stack}\n`)
}

/** Processes of one supervisor fail for one reason, which it prints once. */
const reportToSupervisor = (bootError: string): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined) return resolve()
    process.send({ bootError }, () => resolve())
  })

function toProcesses(text: string): number {
  const count = text === 'auto' ? availableParallelism() : Number(text)
  if (!Number.isInteger(count) || count < 1 || count > 256)
    throw new InvalidArgumentError('Give a number from 1 to 256, or auto.')
  return count
}

function toPort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('Give a port from 0 to 65535.')
  return port
}

import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { AppError, BootError } from '#errors'
import { endOnSignals } from './signals.ts'

/** The command line. Each command loads what it needs when it runs, so that `--help` answers at once. */
export async function runCommandLine(argv: string[]): Promise<void> {
  const program = new Command('holdfast')
    .description('The backend of an online shop that keeps selling when parts of it fail.')
    .addHelpText('after', '\nSettings come from the environment; `doctor` lists and checks them all.')
    .showHelpAfterError('(--help tells more)')

  program
    .command('start')
    .description('a whole shop on this machine: database, demo data, payment sandbox, pages, web and worker')
    .addHelpText(
      'after',
      '\nPORT=3001 npm start takes another port, PORT=0 a free one. Data is kept in .data (DATA_DIR). Ctrl-C stops everything.',
    )
    .option('--no-pages', 'do not build the pages, for who needs the API alone')
    .action(async ({ pages }: { pages: boolean }) => (await import('./start.ts')).start({ hasPages: pages }))

  program
    .command('serve')
    .description('web only: HTTP, tRPC and the pages')
    .option('--processes <n>', 'identical processes on one port; `auto` is one a core', toProcesses, 1)
    .addHelpText('after', '\nNeeds a database at this schema (`migrate`) and a payment provider (PAYMENT_SECRET_KEY).')
    .action(async ({ processes }: { processes: number }) => (await import('./serve.ts')).serve({ processes }))

  program
    .command('worker')
    .description('worker only: payments, mail, timers; as many as you like')
    .action(async () => (await import('./serve.ts')).work())

  program
    .command('migrate')
    .description('bring the database to the schema of this program; safe to run at any time, from anywhere')
    .action(async () => (await import('./data.ts')).migrateSchema())

  program
    .command('seed')
    .description('fill an empty shop with demo products and accounts; changes nothing where there are products')
    .action(async () => (await import('./data.ts')).seedDemo())

  program
    .command('import')
    .description('read a Shopify product CSV into the catalog; the same file again changes nothing')
    .argument('<file>', 'the CSV file, UTF-8')
    .option('--currency <code>', "currency of the file's prices; the shop's own unless given")
    .addOption(
      new Option('--on-bad-row <what>', '`refuse`: one bad row and nothing is imported; `skip`: the good products are')
        .choices(['refuse', 'skip'])
        .default('refuse'),
    )
    .addHelpText(
      'after',
      '\nWorks while the shop runs and while it does not. Every refused row is told with its line and reason.',
    )
    .action(async (file: string, options: { currency?: string; onBadRow: 'refuse' | 'skip' }) =>
      (await import('./import.ts')).importFile(file, options),
    )

  program
    .command('sandbox')
    .description('the sandbox payment provider alone: speaks what the shop uses of the Stripe API')
    .option('--port <n>', 'port to listen on; 0 takes a free one', toPort, 12_111)
    .option('--webhook <url>', 'where its signed webhooks go, such as http://localhost:3000/webhooks/payment')
    .action(async ({ port, webhook }: { port: number; webhook?: string }) =>
      (await import('./sandbox.ts')).sandbox({ port, webhook }),
    )

  program
    .command('doctor')
    .description('list every setting, and check that what the shop needs is there')
    .action(async () => (await import('./doctor.ts')).doctor())

  endOnSignals()
  try {
    await program.parseAsync(argv)
  } catch (error) {
    await complain(error)
    process.exit(1)
  }
}

/** An operator's mistake is told as it stands; a fault of ours by its root and with its stack, never with data. */
async function complain(error: unknown): Promise<void> {
  if (error instanceof BootError || error instanceof AppError) {
    process.stderr.write(`\n${error.message}\n`)
    return
  }
  const { failureReason } = await import('#db')
  const { stackOf } = await import('#telemetry')
  const stack = error instanceof Error ? stackOf(error) : ''
  process.stderr.write(`\nHoldfast failed: ${failureReason(error)}\n${stack}\n`)
}

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

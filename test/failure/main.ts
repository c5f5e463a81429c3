import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import type { Row } from './row.ts'
import { rows } from './rows/index.ts'
import { soak } from './soak.ts'
import { runRow, type Verdict } from './run-row.ts'
import { makeRunFolder, makeTemplate } from './shop/template.ts'
import { table } from './table.ts'

/** The command line of the failure suite: `npm run test:failure -- --row 7 --seed 42`. */

interface Options {
  row?: number[]
  seed?: number
  orders?: number
  rate?: number
  list?: boolean
  soak?: number
  keep?: boolean
}

const command = new Command('test:failure')
  .description('Runs a shop of real processes under every fault of the matrix and checks the resulting state.')
  .option('--row <numbers>', 'run only these rows, such as 7 or 1,2,19', parseRows)
  .option('--seed <n>', 'seed of the schedule and the faults; each row prints its seed', parseWhole)
  .option('--orders <n>', "number of buyers' operations in each row, instead of the row's own", parseWhole)
  .option('--rate <n>', "operations per second, instead of the row's own; lower it on a busy machine", parseWhole)
  .option('--list', 'list the rows and exit')
  .option('--soak <minutes>', 'inject random faults for this time, instead of running the rows', parseWhole)
  .option('--keep', 'keep the folders of green rows too')
  .addHelpText(
    'after',
    '\nThe exit code is 1 when a row is red. Its history, facts and logs are kept in the folder that is printed.',
  )
  .showHelpAfterError('(run with --help for all options)')
command.parse()
const options = command.opts<Options>()

process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

const print = (line: string): void => void process.stdout.write(`${line}\n`)

if (options.list === true) {
  for (const { row, fault, injection, guarantee, operations } of rows)
    print(`${String(row).padStart(2)}  ${fault}: ${injection}. ${guarantee}. (${operations} operations)`)
} else {
  process.exitCode = (await runAll(selectRows(options))) ? 0 : 1
}

/** @returns true when every row is green */
async function runAll(selected: readonly Row[]): Promise<boolean> {
  const startedAt = performance.now()
  const folder = await makeRunFolder()
  print('Preparing a migrated and seeded database ...')
  const template = await makeTemplate(join(folder, 'template'))
  const verdicts: Verdict[] = []
  for (const row of selected) {
    const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31)
    print(`\nRow ${row.row}: ${row.fault} (${row.injection}), seed ${seed}`)
    const verdict = await runRow(row, {
      seed,
      template,
      folder: join(folder, `row-${row.row}`),
      isKept: options.keep === true,
      ...(options.orders === undefined ? {} : { operations: options.orders }),
      ...(options.rate === undefined ? {} : { perSecond: options.rate }),
      log: (line) => print(`  ${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}`),
    })
    verdicts.push(verdict)
    printVerdict(verdict)
  }
  await rm(join(folder, 'template'), { recursive: true, force: true })
  const isGreen = verdicts.every((verdict) => verdict.isGreen)
  if (isGreen && options.keep !== true) await rm(folder, { recursive: true, force: true })
  print(`\n${table(verdicts)}`)
  print(
    `\n${verdicts.filter((verdict) => verdict.isGreen).length} of ${verdicts.length} rows are green, in ${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes.`,
  )
  return isGreen
}

function printVerdict({ isGreen, problems, row, seed, folder, seconds, orders }: Verdict): void {
  print(`  ${isGreen ? 'green' : 'RED'}: ${orders} orders in ${seconds.toFixed(0)} s`)
  for (const problem of problems.slice(0, 20)) print(`  - ${problem}`)
  if (problems.length > 20) print(`  - and ${problems.length - 20} more`)
  const selection = row.row === 0 ? `--soak ${options.soak}` : `--row ${row.row}`
  if (!isGreen) print(`  To repeat: npm run test:failure -- ${selection} --seed ${seed}. Evidence: ${folder}`)
}

function selectRows({ row: numbers, soak: minutes }: Options): readonly Row[] {
  if (minutes !== undefined) return [soak(minutes)]
  return numbers === undefined ? rows : rows.filter(({ row }) => numbers.includes(row))
}

function parseWhole(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('Give a whole number, 0 or more.')
  return number
}

function parseRows(text: string): number[] {
  const numbers = text.split(',').map(Number)
  const unknown = numbers.filter((number) => !rows.some(({ row }) => row === number))
  if (unknown.length > 0)
    throw new InvalidArgumentError(`There is no row ${unknown.join(', ')}; --list shows all rows.`)
  return numbers
}

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
  .description('Breaks a shop of real processes in every way of the fault matrix, and checks what is left.')
  .option('--row <numbers>', 'these rows alone, such as 7 or 1,2,19', toNumbers)
  .option('--seed <n>', 'the seed of schedule, faults and choices; each row prints its own', toWhole)
  .option('--orders <n>', 'operations of buyers in each row, instead of its own number', toWhole)
  .option(
    '--rate <n>',
    "operations a second, instead of each row's own number: for a machine that is busy with other things",
    toWhole,
  )
  .option('--list', 'list the rows and end')
  .option('--soak <minutes>', 'faults at random for so long, instead of the rows', toWhole)
  .option('--keep', 'keep the folders of green rows too')
  .addHelpText('after', '\nExit code 1 when a row is red; its history, facts and logs are kept in the folder it names.')
  .showHelpAfterError('(--help tells more)')
command.parse()
const options = command.opts<Options>()

process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

const say = (line: string): void => void process.stdout.write(`${line}\n`)

if (options.list === true) {
  for (const { row, fault, how, holds, orders } of rows)
    say(`${String(row).padStart(2)}  ${fault}: ${how}. ${holds}. (${orders} operations)`)
} else {
  process.exitCode = (await runAll(chosen(options))) ? 0 : 1
}

async function runAll(wanted: readonly Row[]): Promise<boolean> {
  const startedAt = performance.now()
  const folder = await makeRunFolder()
  say('Preparing a migrated and seeded database ...')
  const template = await makeTemplate(join(folder, 'template'))
  const verdicts: Verdict[] = []
  for (const row of wanted) {
    const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31)
    say(`\nRow ${row.row}: ${row.fault} (${row.how}), seed ${seed}`)
    const verdict = await runRow(row, {
      seed,
      template,
      folder: join(folder, `row-${row.row}`),
      isKept: options.keep === true,
      ...(options.orders === undefined ? {} : { orders: options.orders }),
      ...(options.rate === undefined ? {} : { perSecond: options.rate }),
      say: (line) => say(`  ${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}`),
    })
    verdicts.push(verdict)
    tell(verdict)
  }
  await rm(join(folder, 'template'), { recursive: true, force: true })
  const isGreen = verdicts.every((verdict) => verdict.isGreen)
  if (isGreen && options.keep !== true) await rm(folder, { recursive: true, force: true })
  say(`\n${table(verdicts)}`)
  say(
    `\n${verdicts.filter((verdict) => verdict.isGreen).length} of ${verdicts.length} rows are green, in ${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes.`,
  )
  return isGreen
}

function tell({ isGreen, problems, row, seed, folder, seconds, orders }: Verdict): void {
  say(`  ${isGreen ? 'green' : 'RED'}: ${orders} orders in ${seconds.toFixed(0)} s`)
  for (const problem of problems.slice(0, 20)) say(`  - ${problem}`)
  if (problems.length > 20) say(`  - and ${problems.length - 20} more`)
  const again = row.row === 0 ? `--soak ${options.soak}` : `--row ${row.row}`
  if (!isGreen) say(`  Again: npm run test:failure -- ${again} --seed ${seed}. Evidence: ${folder}`)
}

function chosen({ row: wanted, soak: minutes }: Options): readonly Row[] {
  if (minutes !== undefined) return [soak(minutes)]
  return wanted === undefined ? rows : rows.filter(({ row }) => wanted.includes(row))
}

function toWhole(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('Give a whole number.')
  return number
}

function toNumbers(text: string): number[] {
  const numbers = text.split(',').map(Number)
  const unknown = numbers.filter((number) => !rows.some(({ row }) => row === number))
  if (unknown.length > 0)
    throw new InvalidArgumentError(`There is no row ${unknown.join(', ')}; --list shows them all.`)
  return numbers
}

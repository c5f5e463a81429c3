import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { median, type Window } from './window.ts'
import { benchPlace, placeParts, rateOf, type PlaceOptions, type Row } from './place.ts'

/** `npm run bench -- <what>`: one table, with the machine, the commit and the ratios. */

const tell = (line: string): void => void process.stderr.write(`${line}\n`)

function toCount(value: string): number {
  const count = Number(value)
  if (!Number.isInteger(count) || count < 1 || count > 10_000) throw new InvalidArgumentError('must be 1 to 10000')
  return count
}

const program = new Command('bench').description('Measures Holdfast beside what it is to be measured against.')
program
  .command('place')
  .description('orders a second, beside pgbench with the same writes; and paid by workers, beside the bare SDK')
  .option('--seconds <n>', 'length of one measured window', toCount, 5)
  .option('--rounds <n>', 'windows of each kind', toCount, 3)
  .option('--callers <n>', 'callers at once', toCount, 256)
  .addOption(new Option('--only <parts...>', 'some parts of it').choices(placeParts))
  .action(async (options: Omit<PlaceOptions, 'tell'>) => {
    const startedAt = performance.now()
    const rows = await benchPlace({ ...options, tell })
    print(rows)
    tell(`took ${Math.round((performance.now() - startedAt) / 1_000)} s`)
  })

function print(rows: Row[]): void {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const figures = rows.map((row) => describe(row, rows))
  const header = ['work', 'orders/s', 'windows', 'p50 ms', 'p99 ms', 'ratio', 'aim', '', 'CPU of an order, us']
  const lines = [header, ...figures]
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const out = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, Node ${process.versions.node}`
  process.stdout.write(
    `\n${machine}, commit ${commit}, medians of ${rows[0]?.windows.length} windows\n\n${out.join('\n')}\n`,
  )
}

function describe(row: Row, rows: Row[]): string[] {
  const rates = row.windows.map(({ ordersPerSecond }) => Math.round(ordersPerSecond))
  const p50 = median(row.windows.map((window) => window.p50))
  const p99 = median(row.windows.map((window) => window.p99))
  const rival = rows.find(({ work }) => work === row.against?.row)
  const ratio = rival === undefined ? Number.NaN : rateOf(row) / rateOf(rival)
  const aim = row.against?.aim ?? 0
  const isMet = (aim === 0 || ratio >= aim) && (row.p99Max === undefined || p99 < row.p99Max)
  const wanted = aim > 0 ? `>= ${aim} x` : row.p99Max === undefined ? '' : `p99 < ${row.p99Max} ms`
  const ms = (value: number): string => (Number.isNaN(value) ? '' : value.toFixed(1))
  return [
    row.work,
    Math.round(rateOf(row)).toLocaleString('en'),
    `${Math.min(...rates)}-${Math.max(...rates)}`,
    ms(p50),
    ms(p99),
    Number.isNaN(ratio) ? '' : `${ratio.toFixed(2)} x`,
    wanted,
    wanted === '' ? '' : isMet ? 'met' : 'MISSED',
    describeCpu(row.windows),
  ]
}

const describeCpu = (windows: readonly Window[]): string =>
  Object.keys(windows[0]?.cpu ?? {})
    .map((name) => `${name} ${Math.round(median(windows.map(({ cpu }) => cpu?.[name] ?? Number.NaN)))}`)
    .join(', ')

await program.parseAsync()

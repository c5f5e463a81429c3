import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { median, type Window } from './window.ts'
import { benchPlace, placeParts, rateOf, type PlaceOptions, type Row } from './place.ts'

/** `npm run bench -- <benchmark>` prints one table with the machine, the commit and the ratios to the baselines. */

const report = (line: string): void => void process.stderr.write(`${line}\n`)

function toCount(value: string): number {
  const count = Number(value)
  if (!Number.isInteger(count) || count < 1 || count > 10_000)
    throw new InvalidArgumentError('Give a whole number from 1 to 10000.')
  return count
}

const program = new Command('bench').description('Measures Holdfast against baselines.')
program
  .command('place')
  .description(
    'placed orders per second against pgbench with the same writes; paid orders per second against the bare SDK',
  )
  .option('--seconds <n>', 'length of one measured window', toCount, 5)
  .option('--rounds <n>', 'windows per row of the table', toCount, 3)
  .option('--callers <n>', 'concurrent callers', toCount, 256)
  .addOption(new Option('--only <parts...>', 'measure only these parts').choices(placeParts))
  .action(async (options: Omit<PlaceOptions, 'report'>) => {
    const startedAt = performance.now()
    const rows = await benchPlace({ ...options, report })
    printTable(rows)
    report(`took ${Math.round((performance.now() - startedAt) / 1_000)} s`)
  })

function printTable(rows: Row[]): void {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const cells = rows.map((row) => cellsOf(row, rows))
  const header = ['work', 'orders/s', 'windows', 'p50 ms', 'p99 ms', 'ratio', 'target', '', 'CPU per order, us']
  const lines = [header, ...cells]
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const table = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, Node ${process.versions.node}`
  process.stdout.write(
    `\n${machine}, commit ${commit}, medians of ${rows[0]?.windows.length} windows\n\n${table.join('\n')}\n`,
  )
}

function cellsOf(row: Row, rows: Row[]): string[] {
  const rates = row.windows.map(({ ordersPerSecond }) => Math.round(ordersPerSecond))
  const p50 = median(row.windows.map((window) => window.p50))
  const p99 = median(row.windows.map((window) => window.p99))
  const baseline = rows.find(({ work }) => work === row.baseline?.row)
  const ratio = baseline === undefined ? Number.NaN : rateOf(row) / rateOf(baseline)
  const targetRatio = row.baseline?.targetRatio ?? 0
  const isMet = (targetRatio === 0 || ratio >= targetRatio) && (row.p99Max === undefined || p99 < row.p99Max)
  const target = targetRatio > 0 ? `>= ${targetRatio} x` : row.p99Max === undefined ? '' : `p99 < ${row.p99Max} ms`
  const ms = (value: number): string => (Number.isNaN(value) ? '' : value.toFixed(1))
  return [
    row.work,
    Math.round(rateOf(row)).toLocaleString('en'),
    `${Math.min(...rates)}-${Math.max(...rates)}`,
    ms(p50),
    ms(p99),
    Number.isNaN(ratio) ? '' : `${ratio.toFixed(2)} x`,
    target,
    target === '' ? '' : isMet ? 'met' : 'MISSED',
    describeCpu(row.windows),
  ]
}

const describeCpu = (windows: readonly Window[]): string =>
  Object.keys(windows[0]?.cpu ?? {})
    .map((name) => `${name} ${Math.round(median(windows.map(({ cpu }) => cpu?.[name] ?? Number.NaN)))}`)
    .join(', ')

await program.parseAsync()

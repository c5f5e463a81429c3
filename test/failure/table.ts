import type { Verdict } from './run-row.ts'

/** Formats the verdicts as an aligned text table. */
export function table(verdicts: readonly Verdict[]): string {
  const header = ['row', 'fault', 'seed', 'requests', 'orders', 'recovery s', 'took s', 'verdict']
  const lines = verdicts.map(({ row, seed, requests, orders, recoverySeconds, seconds, isGreen }) => [
    String(row.row),
    row.fault,
    String(seed),
    String(requests),
    String(orders),
    recoverySeconds?.toFixed(1) ?? '-',
    seconds.toFixed(0),
    isGreen ? 'green' : 'RED',
  ])
  const sum = [
    '',
    'all',
    '',
    total(verdicts, 'requests'),
    total(verdicts, 'orders'),
    '',
    total(verdicts, 'seconds'),
    '',
  ]
  const all = [header, ...lines, sum]
  const widths = header.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)))
  const isText = (column: number): boolean => column === 1 || column === 7
  const show = (line: readonly string[]): string =>
    line
      .map((cell, n) => (isText(n) ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0)))
      .join('  ')
      .trimEnd()
  return [show(header), widths.map((width) => '-'.repeat(width)).join('  '), ...lines.map(show), show(sum)].join('\n')
}

const total = (verdicts: readonly Verdict[], of: 'requests' | 'orders' | 'seconds'): string =>
  verdicts.reduce((sum, verdict) => sum + verdict[of], 0).toFixed(0)

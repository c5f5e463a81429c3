import type { PhaseResult, RehearsalResult } from './rehearsal.ts'
import type { Sample } from './traffic/messages.ts'

/** The report of a rehearsal: as text, and as one HTML page without other files. */

const secondsOf = ({ fromMs, toMs }: PhaseResult): string => ((toMs - fromMs) / 1000).toFixed(0)

export function textReport({ phases, requests, orders, problems, algorithm, seed }: RehearsalResult): string {
  const head = ['phase', 'seconds', 'requests', 'failed', 'p99 ms', 'may fail']
  const rows = phases.map((phase) => [
    phase.name,
    secondsOf(phase),
    String(phase.requests),
    String(phase.failed.length),
    phase.p99Ms.toFixed(0),
    phase.isSeamless ? 'none' : 'until the retry',
  ])
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
  const failures = phases.flatMap(({ failed }) => failed)
  const reasons = Map.groupBy(failures, ({ colour, reason }) => `${colour}: ${reason}`)
  return [
    line(head),
    ...rows.map(line),
    '',
    `${requests} requests and ${orders} orders, balanced by ${algorithm}, seed ${seed}.`,
    ...[...reasons].map(([reason, { length }]) => `  ${length} x ${reason}`),
    problems.length === 0
      ? 'No request failed where none may; no order was lost, doubled or oversold.'
      : `${problems.length} problems:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
  ].join('\n')
}

const width = 1_000
const height = 180
const colourOf = { blue: '#1f6feb', green: '#1a7f37', none: '#cf222e' } as const

export function htmlReport(result: RehearsalResult): string {
  const { phases, samples } = result
  const fromMs = Math.min(...samples.map(({ atMs }) => atMs))
  const toMs = Math.max(...samples.map(({ atMs }) => atMs))
  const scale = { fromMs, toMs, phases }
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Rehearsal of a deployment</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 66rem; padding: 0 1rem; color: #1f2328 }
  svg { width: 100%; height: auto; background: #f6f8fa; border-radius: 6px }
  pre { overflow-x: auto; padding: 1rem; background: #f6f8fa; border-radius: 6px }
  figure { margin: 2rem 0 } figcaption { font-weight: 600; margin-bottom: .4rem }
  .key { font-weight: 400; margin-left: 1rem }
</style>
<h1>Rehearsal of a deployment</h1>
<p>${result.problems.length === 0 ? 'Succeeded' : `Failed: ${result.problems.length} problems`}. ${result.requests} requests, ${result.orders} orders.</p>
${plot('Requests per second', { ...scale, samples, valueOf: ({ requests }) => requests })}
${plot('Failed requests per second', { ...scale, samples, valueOf: ({ failures }) => failures })}
${plot('Orders per second', { ...scale, samples, valueOf: ({ orders }) => orders })}
${plot('p99, ms', { ...scale, samples, valueOf: ({ p99Ms }) => p99Ms })}
<pre>${escape(textReport(result))}</pre>
</html>
`
}

interface PlotOptions {
  samples: readonly Sample[]
  fromMs: number
  toMs: number
  phases: readonly PhaseResult[]
  valueOf(sample: Sample): number
}

/** A line for each colour over time, with the phases as bands. */
function plot(title: string, { samples, fromMs, toMs, phases, valueOf }: PlotOptions): string {
  const max = Math.max(1, ...samples.map(valueOf))
  const x = (atMs: number): string => (((atMs - fromMs) / Math.max(1, toMs - fromMs)) * width).toFixed(1)
  const y = (value: number): string => (height - (value / max) * (height - 40)).toFixed(1)
  const groups = Map.groupBy(samples, ({ colour }) => colour)
  const seconds = [...new Set(samples.map(({ atMs }) => atMs))].toSorted((a, b) => a - b)
  const lines = [...groups].map(([colour, own]) => {
    const values = new Map(own.map((sample) => [sample.atMs, valueOf(sample)]))
    const points = seconds.map((atMs) => `${x(atMs)},${y(values.get(atMs) ?? 0)}`)
    return `<polyline fill="none" stroke="${colourOf[colour]}" points="${points.join(' ')}"/>`
  })
  const bands = phases.map(
    (phase, index) =>
      `<line x1="${x(phase.fromMs)}" x2="${x(phase.fromMs)}" y1="0" y2="${height}" stroke="#d0d7de"/><text x="${x(phase.fromMs)}" y="${10 + (index % 3) * 10}" font-size="9" fill="#57606a">${escape(phase.name)}</text>`,
  )
  const keys = [...groups.keys()].map(
    (colour) => `<span class="key" style="color:${colourOf[colour]}">${colour}</span>`,
  )
  return `<figure><figcaption>${title} (at most ${max.toFixed(0)})${keys.join('')}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title} over time">${bands.join('')}${lines.join('')}</svg></figure>`
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** The log as a process writes it: one JSON line per entry on standard output. */

function linesOf(program: string): Record<string, unknown>[] {
  const script = `import * as telemetry from ${JSON.stringify(new URL('index.ts', import.meta.url).href)}
    const log = telemetry.createLog('info'); ${program}`
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script]).toString()
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('a log line has its own fields alone, without a trace, while no collector is set', () => {
  const lines = linesOf(`log.info({ kind: 'a' }, 'first'); log.info('second'); log.info({ tries: 2 }, 'third')`)
  expect(lines).toMatchObject([{ kind: 'a', msg: 'first' }, { msg: 'second' }, { tries: 2, msg: 'third' }])
  expect(lines[2]).not.toHaveProperty('kind')
  expect(lines[0]).not.toHaveProperty('trace_id')
})

test('a log line of a traced request names its trace and span', () => {
  const [line] = linesOf(`
    const stop = await telemetry.startOtlp({ endpoint: 'http://127.0.0.1:9', headers: {}, timeoutMs: 100,
      metricsEveryMs: 60_000, ratio: 1, resource: {}, report() {} })
    const span = telemetry.startSpan('request')
    telemetry.withSpan(span, () => log.info({ expected: telemetry.traceparentOf(span) }, 'inside'))
    process.exit()`)
  expect(line).toMatchObject({
    trace_id: /-(\w{32})-/.exec(String(line?.['expected']))?.[1],
    span_id: expect.any(String),
  })
})

import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { throttledWarning } from './throttle.ts'

test('a throttled warning is logged once in ten seconds, with the error of its moment', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const logged: { msg: string; err: { message: string } }[] = []
  const log = pino({}, { write: (line: string) => void logged.push(JSON.parse(line) as (typeof logged)[number]) })
  const report = throttledWarning(log, 'Redis is away')
  vi.advanceTimersByTime(1)
  report(new Error('first'))
  vi.advanceTimersByTime(9_999)
  report(new Error('second'))
  vi.advanceTimersByTime(1)
  report(new Error('third'))
  expect(logged.map(({ msg, err }) => `${msg}: ${err.message}`)).toEqual([
    'Redis is away: first',
    'Redis is away: third',
  ])
})

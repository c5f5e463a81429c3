import { expect, test } from 'vitest'
import { isConnectionLost, isInfrastructureFailure, isUnreachable } from './index.ts'

const failure = (code: string, message = ''): Error => Object.assign(new Error(message), { code })
/** Wrapped as drizzle and the shop's own errors do. */
const wrapped = (cause: Error): Error => new Error('Failed query', { cause: new Error('inner', { cause }) })

test.each([
  '40P01',
  '55P03',
  '57014',
  '25P03',
  '25P04',
  '53300',
  '57P01',
  '57P03',
  '25006',
  '08006',
  'ECONNRESET',
  'ECONNREFUSED',
])('%s is an infrastructure failure and spends no attempt', (code) => {
  expect(isInfrastructureFailure(wrapped(failure(code)))).toBe(true)
})

test.each(['23505', '23514', '22P02', '42P01', 'ERR_ASSERTION'])('%s is a failure of the work itself', (code) => {
  expect(isInfrastructureFailure(wrapped(failure(code)))).toBe(false)
})

test('a broken connection is distinguished from one that was never opened', () => {
  expect(isConnectionLost(failure('ECONNRESET'))).toBe(true)
  expect(isUnreachable(failure('ECONNRESET'))).toBe(false)
  expect(isUnreachable(wrapped(failure('ECONNREFUSED')))).toBe(true)
  expect(isUnreachable(new Error('timeout exceeded when trying to connect'))).toBe(true)
  expect(isUnreachable(wrapped(failure('25006')))).toBe(true)
  expect(isConnectionLost(new Error('Connection terminated unexpectedly'))).toBe(true)
})

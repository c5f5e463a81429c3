import { TRPCClientError } from '@trpc/client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { pendingAttempt, settleAttempt, UndecidedError } from './attempt.ts'

const kept = new Map<string, string>()

beforeEach(() => {
  kept.clear()
  vi.useFakeTimers()
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
    removeItem: (name: string) => kept.delete(name),
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const input = { idempotencyKey: 'one', amount: 5 }

const told = (error: string, isRetryable: boolean) =>
  new TRPCClientError('told', {
    result: { error: { code: -32_000, message: 'told', data: { error, isRetryable, issues: [] } } } as never,
  })

/** Fails with each of these in turn, then answers; remembers what it was called with. */
function flaky(...failures: Error[]) {
  const sent: unknown[] = []
  const call = (given: typeof input): Promise<string> => {
    sent.push(given)
    const failure = failures.shift()
    return failure ? Promise.reject(failure) : Promise.resolve('placed')
  }
  return { sent, call }
}

async function settle(call: (given: typeof input) => Promise<string>): Promise<unknown> {
  const outcome = settleAttempt('place', { input, call, onRetry: () => undefined }).catch((error: unknown) => error)
  await vi.runAllTimersAsync()
  return outcome
}

test('an attempt whose answer was lost is sent again, unchanged, until the outcome is known', async () => {
  const { sent, call } = flaky(new TypeError('network'), told('outcome_unknown', true), told('in_flight', true))
  expect(await settle(call)).toBe('placed')
  expect(sent).toEqual([input, input, input, input])
  expect(pendingAttempt('place')).toBeNull()
})

test('an attempt is kept while its outcome is unknown, so that a reload can go on asking', async () => {
  const { call } = flaky(...Array.from({ length: 20 }, () => new TypeError('network')))
  expect(await settle(call)).toBeInstanceOf(UndecidedError)
  expect(pendingAttempt('place')).toEqual(input)
})

test('an attempt that the shop refuses for good is neither repeated nor kept', async () => {
  const { sent, call } = flaky(told('bad_input', false))
  expect(await settle(call)).toBeInstanceOf(TRPCClientError)
  expect(sent).toHaveLength(1)
  expect(pendingAttempt('place')).toBeNull()
})

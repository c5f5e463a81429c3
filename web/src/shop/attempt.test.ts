import { TRPCClientError } from '@trpc/client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { pendingAttempt, completeAttempt, OutcomeUnknownError } from './attempt.ts'

const storage = new Map<string, string>()

beforeEach(() => {
  storage.clear()
  vi.useFakeTimers()
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => storage.get(name) ?? null,
    setItem: (name: string, value: string) => storage.set(name, value),
    removeItem: (name: string) => storage.delete(name),
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const input = { idempotencyKey: 'one', amount: 5 }

const shopError = (error: string, isRetryable: boolean) =>
  new TRPCClientError('failed', {
    result: { error: { code: -32_000, message: 'failed', data: { error, isRetryable, issues: [] } } } as never,
  })

/** A call that fails with each of these in turn and then succeeds; `sent` records its inputs. */
function flaky(...failures: Error[]) {
  const sent: unknown[] = []
  const call = (given: typeof input): Promise<string> => {
    sent.push(given)
    const failure = failures.shift()
    return failure ? Promise.reject(failure) : Promise.resolve('placed')
  }
  return { sent, call }
}

async function complete(call: (given: typeof input) => Promise<string>): Promise<unknown> {
  const outcome = completeAttempt('place', { input, call, onRetry: () => undefined }).catch((error: unknown) => error)
  await vi.runAllTimersAsync()
  return outcome
}

test('an attempt whose response is lost is repeated unchanged until its outcome is known', async () => {
  const { sent, call } = flaky(
    new TypeError('network'),
    shopError('outcome_unknown', true),
    shopError('in_flight', true),
  )
  expect(await complete(call)).toBe('placed')
  expect(sent).toEqual([input, input, input, input])
  expect(pendingAttempt('place')).toBeNull()
})

test('an attempt stays stored while its outcome is unknown, so a reload can resume it', async () => {
  const { call } = flaky(...Array.from({ length: 20 }, () => new TypeError('network')))
  expect(await complete(call)).toBeInstanceOf(OutcomeUnknownError)
  expect(pendingAttempt('place')).toEqual(input)
})

test('an attempt that fails with a final error is neither repeated nor stored', async () => {
  const { sent, call } = flaky(shopError('bad_input', false))
  expect(await complete(call)).toBeInstanceOf(TRPCClientError)
  expect(sent).toHaveLength(1)
  expect(pendingAttempt('place')).toBeNull()
})

import { TRPCClientError } from '@trpc/client'
import { expect, test } from 'vitest'
import { en } from '../text/en.ts'
import { zh } from '../text/zh.ts'
import { failureOf } from './failure.ts'
import { failureText } from './failure-text.ts'

const throttled = (retryAfterSeconds?: number) =>
  failureOf(
    new TRPCClientError('failed', {
      result: {
        error: {
          code: -32_029,
          message: 'Too many attempts.',
          data: { error: 'too_many_requests', isRetryable: true, issues: [], retryAfterSeconds },
        } as never,
      },
    }),
  )

test('a throttled login tells the waiting time that the shop names, in the language of the buyer', () => {
  expect(failureText(en, throttled(900))).toBe('Too many attempts. Try again in 15 minutes.')
  expect(failureText(en, throttled(61))).toBe('Too many attempts. Try again in 2 minutes.')
  expect(failureText(en, throttled(1))).toBe('Too many attempts. Try again in 1 minute.')
  expect(failureText(zh, throttled(900))).toContain('15 分钟')
})

test('a throttled login without a time promises none', () => {
  expect(failureText(en, throttled())).not.toMatch(/\d/)
})

import { expect, test } from 'vitest'
import { createRateLimiter, networkOf } from './rate-limiter.ts'

test('an attempt beyond the limit is rejected with the time to wait', async () => {
  const limiter = createRateLimiter('test', 2)
  await limiter.consume('a')
  await limiter.consume('a')
  await expect(limiter.consume('a')).rejects.toMatchObject({
    code: 'too_many_requests',
    message: 'Too many attempts. Try again in 15 minutes.',
  })
  await limiter.consume('b')
})

test('concurrent attempts are counted as strictly as successive ones', async () => {
  const limiter = createRateLimiter('test', 3)
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => limiter.consume('a')))
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(3)
})

test('a restored attempt can be made again, and a reset restores all', async () => {
  const limiter = createRateLimiter('test', 1)
  await limiter.consume('a')
  await limiter.restore('a')
  await limiter.consume('a')
  await expect(limiter.consume('a')).rejects.toMatchObject({ code: 'too_many_requests' })
  await limiter.reset('a')
  await limiter.consume('a')
})

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::2:3:4:5:6', '2001:db8:0:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['unknown', 'unknown'],
])('the address %s is counted as %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

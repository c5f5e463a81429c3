import { expect, test } from 'vitest'
import { createAttemptLimit, networkOf } from './attempts.ts'

test('attempts beyond the limit are refused, with how long to wait', async () => {
  const limit = createAttemptLimit('test', 2)
  await limit.take('a')
  await limit.take('a')
  await expect(limit.take('a')).rejects.toMatchObject({
    code: 'too_many_requests',
    message: 'Too many attempts. Try again in 15 minutes.',
  })
  await limit.take('b')
})

test('attempts made at once are counted as strictly as one after another', async () => {
  const limit = createAttemptLimit('test', 3)
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => limit.take('a')))
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(3)
})

test('an attempt given back can be made again', async () => {
  const limit = createAttemptLimit('test', 1)
  await limit.take('a')
  await limit.giveBack('a')
  await limit.take('a')
  await expect(limit.take('a')).rejects.toMatchObject({ code: 'too_many_requests' })
  await limit.forget('a')
  await limit.take('a')
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

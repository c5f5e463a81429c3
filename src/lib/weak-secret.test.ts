import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { isWeakSecret } from './weak-secret.ts'

test.each([
  'a'.repeat(32),
  'ab'.repeat(16),
  'change-me-change-me-change-me-change-me',
  'passwordpasswordpasswordpasswordpass',
  '0123456789abcdef0123456789abcdef',
  'abcdefghijklmnopqrstuvwxyz012345',
  '98765432109876543210987654321098',
  '11111111111111112222222222222222',
])('a repeated, sequential or monotonous text is a weak secret: %s', (text) => {
  expect(isWeakSecret(text)).toBe(true)
})

test('random text is no weak secret, in hexadecimal digits or base64', () => {
  for (let round = 0; round < 2_000; round += 1) {
    expect(isWeakSecret(randomBytes(16).toString('hex'))).toBe(false)
    expect(isWeakSecret(randomBytes(24).toString('base64'))).toBe(false)
  }
})

test.each([
  ['nine of the 16 digits', '3a3a73e19e1c7a39ee3177c1a9c0e0a3'],
  ['half of the steps to a neighbour', '10ab3445ef128976dc015532bbcf7809'],
])('an unlucky random text is no weak secret: %s', (_, text) => {
  expect(isWeakSecret(text)).toBe(false)
})

test('a sentence of many different words is no weak secret', () => {
  expect(isWeakSecret('a secret of this fleet alone, 32 characters')).toBe(false)
})

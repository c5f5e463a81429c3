import { expect, test } from 'vitest'
import { isLoopback, isPublicHost } from './host.ts'

test.each(['localhost', 'shop.localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]', 'LOCALHOST.', '::ffff:127.0.0.1'])(
  '%s is this machine, and not public',
  (host) => {
    expect(isLoopback(host)).toBe(true)
    expect(isPublicHost(host)).toBe(false)
  },
)

test.each([
  'db',
  'db.internal',
  'printer.local',
  '10.1.2.3',
  '192.168.0.1',
  '172.31.0.1',
  '100.64.0.1',
  '[fd00::1]',
  '0.0.0.0',
])('%s is neither this machine nor public', (host) => {
  expect(isLoopback(host)).toBe(false)
  expect(isPublicHost(host)).toBe(false)
})

test.each(['shop.example.com', '8.8.8.8', '172.32.0.1', '[2001:db8::1]', 'localhost.evil.example', '127.0.0.1.nip.io'])(
  '%s is public',
  (host) => {
    expect(isLoopback(host)).toBe(false)
    expect(isPublicHost(host)).toBe(true)
  },
)

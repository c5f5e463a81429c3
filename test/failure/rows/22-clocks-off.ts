import { existsSync } from 'node:fs'
import { defineRow } from '../row.ts'

const library = ['x86_64-linux-gnu', 'aarch64-linux-gnu']
  .map((arch) => `/usr/lib/${arch}/faketime/libfaketime.so.1`)
  .find(existsSync)

/** Changes the wall clock only. Node's timers use the monotonic clock, which stays correct. */
const clock = (offset: string): Record<string, string> => ({
  LD_PRELOAD: library ?? '',
  FAKETIME: offset,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  FAKETIME_NO_CACHE: '1',
})

export const clocksOff = defineRow({
  row: 22,
  fault: 'clocks 10 minutes off',
  injection: 'faketime per process',
  guarantee: "leases and deadlines use Postgres's clock",
  operations: 950,
  perSecond: 25,
  mix: {
    plain: 62,
    duplicate: 12,
    hangsUp: 5,
    neverRetries: 6,
    cancels: 6,
    declined: 4,
    abandons: 1,
    twoKeys: 3,
    scarce: 2,
  },
  shop: {
    env: { PAYMENT_DEADLINE_SECONDS: '40' },
    envOf: (kind, n) => (n === 1 ? {} : clock(kind === 'serve' ? '+10m' : '-10m')),
  },
  prepare() {
    if (library === undefined) throw new Error('This row needs libfaketime. Install the package "faketime".')
    return Promise.resolve({})
  },
  async nemesis({ load, shop }) {
    await load.until(0.9)
    // The worker with the wrong clock dies, so that a worker with the right clock takes over its leases.
    await shop.workers[0]?.kill()
    await shop.workers[0]?.start()
  },
  checker: (_, { database }) =>
    database.orders.some(({ deadlineMs }) => deadlineMs !== null && Math.abs(deadlineMs - database.nowMs) > 300_000)
      ? ["a payment deadline was set by a process's own clock"]
      : [],
})

import { rm } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { makeRunFolder } from '../failure/shop/template.ts'
import { rehearse } from './rehearsal.ts'
import { textReport } from './report.ts'

/** A short rehearsal; `npm run rehearse` sends 100,000 requests. */

test(
  'no request fails while a release is deployed, swapped, rolled back and scaled, and no order is lost',
  { timeout: 600_000 },
  async () => {
    const folder = await makeRunFolder()
    try {
      const seed = Math.floor(Math.random() * 2 ** 31)
      const result = await rehearse({
        folder,
        algorithm: seed % 2 === 0 ? 'roundrobin' : 'leastconn',
        seed,
        journeysPerSecond: 4,
        requestsMin: 0,
        holdMs: 2_000,
        print: () => undefined,
      })
      expect(result.problems, textReport(result)).toEqual([])
      expect(result.requests).toBeGreaterThan(500)
      expect(result.orders).toBeGreaterThan(50)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
)

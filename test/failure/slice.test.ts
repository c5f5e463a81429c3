import { describe, expect, test } from 'vitest'
import { rows } from './rows/index.ts'
import { createRowRunner } from './row-runner.ts'

/** A short slice of the failure suite; `npm run test:failure` runs all of it. */

const runRow = createRowRunner()

/** Short rows, one for each kind of fault: process, queue, database, network, provider. */
const slice = [1, 5, 11, 15, 20]

describe('the shop keeps its promises', () => {
  test.each(rows.filter(({ row }) => slice.includes(row)))(
    'row $row: $fault: $guarantee',
    { timeout: 150_000 },
    async (row) => {
      const seed = Math.floor(Math.random() * 2 ** 31)
      const verdict = await runRow(row, `row-${row.row}`, { seed, operations: 120, perSecond: 15 })
      expect(verdict.problems, `npm run test:failure -- --row ${row.row} --seed ${seed}`).toEqual([])
    },
  )

  test('the fault matrix has its 25 rows, in order', () => {
    expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 25 }, (_, n) => n + 1))
  })
})

import { describe, expect, test } from 'vitest'
import { rows } from './rows/index.ts'
import { rowRunner } from './row-runner.ts'

/** A short slice of the failure suite; `npm run test:failure` runs all of it. */

const runRow = rowRunner()

/** Rows that cost little time, one of each kind of fault: a process, the queue, the database, the network, the provider. */
const slice = [1, 5, 11, 15, 20]

describe('the shop keeps its promises', () => {
  test.each(rows.filter(({ row }) => slice.includes(row)))(
    'row $row: $fault: $holds',
    { timeout: 150_000 },
    async (row) => {
      const seed = Math.floor(Math.random() * 2 ** 31)
      const verdict = await runRow(row, `row-${row.row}`, { seed, orders: 120, perSecond: 15 })
      expect(verdict.problems, `npm run test:failure -- --row ${row.row} --seed ${seed}`).toEqual([])
    },
  )

  test('the matrix has its 25 rows, in order', () => {
    expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 25 }, (_, n) => n + 1))
  })
})

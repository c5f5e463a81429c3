import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rows } from './rows/index.ts'
import { runRow } from './run-row.ts'
import { makeRunFolder, makeTemplate, type Template } from './shop/template.ts'

/** A short slice of the failure suite; `npm run test:failure` runs all of it. */

let folder: string
let template: Template
beforeAll(async () => {
  folder = await makeRunFolder()
  template = await makeTemplate(join(folder, 'template'))
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Rows that cost little time, one of each kind of fault: a process, the queue, the database, the network, the provider. */
const slice = [1, 5, 11, 15, 20]

describe('the shop keeps its promises', () => {
  test.each(rows.filter(({ row }) => slice.includes(row)))(
    'row $row: $fault: $holds',
    { timeout: 150_000 },
    async (row) => {
      const seed = Math.floor(Math.random() * 2 ** 31)
      const verdict = await runRow(row, {
        seed,
        template,
        folder: join(folder, `row-${row.row}`),
        orders: 120,
        perSecond: 15,
        say: () => undefined,
      })
      expect(verdict.problems, `npm run test:failure -- --row ${row.row} --seed ${seed}`).toEqual([])
    },
  )

  test('the matrix has its 25 rows, in order', () => {
    expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 25 }, (_, n) => n + 1))
  })
})

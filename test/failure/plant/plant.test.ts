import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import type { Row } from '../row.ts'
import { createRowRunner } from '../row-runner.ts'
import type { Verdict } from '../run-row.ts'
import { bugs, fencedZombie } from './bugs.ts'
import { patches, type Patch } from './patches.ts'

/** Mutation test of the checker: it finds each bug that is planted into the program, and none in the program itself. */

const runRow = createRowRunner()
const judge = (row: Row, name: string): Promise<Verdict> => runRow(row, name, { seed: 7 })

describe('a planted bug turns the checker red', () => {
  test.each(bugs)('$name: $title', { timeout: 150_000 }, async ({ name, row, reveals }) => {
    const verdict = await judge(row, name)
    expect(verdict.isGreen).toBe(false)
    expect(verdict.violations.map((violation) => violation.name)).toEqual(expect.arrayContaining([...reveals]))
  })

  test('the same pause within a turn does no harm when fencing is intact', { timeout: 150_000 }, async () => {
    expect((await judge(fencedZombie, 'fenced')).problems).toEqual([])
  })
})

test.each(Object.entries(patches))('the snippets patched by %s exist in the source', async (_, changes) => {
  for (const { file, find } of changes as readonly Patch[]) {
    const source = await readFile(new URL(`../../../${file}`, import.meta.url), 'utf8')
    expect(source, file).toMatch(find)
  }
})

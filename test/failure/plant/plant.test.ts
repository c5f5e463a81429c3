import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import type { Row } from '../row.ts'
import { rowRunner } from '../row-runner.ts'
import type { Verdict } from '../run-row.ts'
import { bugs, fencedZombie } from './bugs.ts'
import { patches, type Patch } from './patches.ts'

/** The checker is itself tested: with each bug planted into the program it says so, and without them it does not. */

const runRow = rowRunner()
const judge = (row: Row, name: string): Promise<Verdict> => runRow(row, name, { seed: 7 })

describe('a planted bug turns the checker red', () => {
  test.each(bugs)('$name: $title', { timeout: 150_000 }, async ({ name, row, reveals }) => {
    const verdict = await judge(row, name)
    expect(verdict.isGreen).toBe(false)
    expect(verdict.violations.map((violation) => violation.name)).toEqual(expect.arrayContaining([...reveals]))
  })

  test('the same standstill in mid-turn is harmless where the fences stand', { timeout: 150_000 }, async () => {
    expect((await judge(fencedZombie, 'fenced')).problems).toEqual([])
  })
})

test.each(Object.entries(patches))('the snippets that %s changes are where it looks for them', async (_, changes) => {
  for (const { file, find } of changes as readonly Patch[]) {
    const source = await readFile(new URL(`../../../${file}`, import.meta.url), 'utf8')
    expect(source, file).toMatch(find)
  }
})

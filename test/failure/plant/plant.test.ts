import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runRow, type Verdict } from '../run-row.ts'
import type { Row } from '../row.ts'
import { makeRunFolder, makeTemplate, type Template } from '../shop/template.ts'
import { bugs, fencedZombie } from './bugs.ts'
import { patches, type Patch } from './patches.ts'

/** The checker is itself tested: with each bug planted into the program it says so, and without them it does not. */

let folder: string
let template: Template
beforeAll(async () => {
  folder = await makeRunFolder()
  template = await makeTemplate(join(folder, 'template'))
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

const judge = (row: Row, name: string): Promise<Verdict> =>
  runRow(row, { seed: 7, template, folder: join(folder, name), say: () => undefined })

describe('a planted bug turns the checker red', () => {
  test.each(bugs)('$name: $title', { timeout: 90_000 }, async ({ name, row, reveals }) => {
    const verdict = await judge(row, name)
    expect(verdict.isGreen).toBe(false)
    expect(verdict.violations.map((violation) => violation.name)).toEqual(expect.arrayContaining([...reveals]))
  })

  test('the same standstill in mid-turn is harmless where the fences stand', { timeout: 90_000 }, async () => {
    expect((await judge(fencedZombie, 'fenced')).problems).toEqual([])
  })
})

test.each(Object.entries(patches))('the snippets that %s changes are where it looks for them', async (_, changes) => {
  for (const { file, find } of changes as readonly Patch[]) {
    const source = await readFile(new URL(`../../../${file}`, import.meta.url), 'utf8')
    expect(source, file).toMatch(find)
  }
})

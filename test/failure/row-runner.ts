import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { runRow, type RunOptions, type Verdict } from './run-row.ts'
import type { Row } from './row.ts'
import { makeRunFolder, makeTemplate, type Template } from './shop/template.ts'

/** Runs rows within a test file, on one prepared database; their folders go with the file. */
export function rowRunner(): (
  row: Row,
  name: string,
  options: Pick<RunOptions, 'seed' | 'orders' | 'perSecond'>,
) => Promise<Verdict> {
  let folder: string
  let template: Template
  beforeAll(async () => {
    folder = await makeRunFolder()
    template = await makeTemplate(join(folder, 'template'))
  }, 60_000)
  afterAll(() => rm(folder, { recursive: true, force: true }))
  return (row, name, options) => runRow(row, { ...options, template, folder: join(folder, name), say: () => undefined })
}

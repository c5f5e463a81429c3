import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { runRow, type RunOptions, type Verdict } from './run-row.ts'
import type { Row } from './row.ts'
import { makeRunFolder, makeTemplate, type Template } from './shop/template.ts'

/** Runner for rows within a test file, on copies of one prepared database. All folders are removed after the file. */
export function createRowRunner(): (
  row: Row,
  name: string,
  options: Pick<RunOptions, 'seed' | 'operations' | 'perSecond'>,
) => Promise<Verdict> {
  let folder: string
  let template: Template
  beforeAll(async () => {
    folder = await makeRunFolder()
    template = await makeTemplate(join(folder, 'template'))
  }, 60_000)
  afterAll(() => rm(folder, { recursive: true, force: true }))
  return (row, name, options) => runRow(row, { ...options, template, folder: join(folder, name), log: () => undefined })
}

import { expect, test } from 'vitest'
import { summaryOf, type ImportChoices } from './import-summary.ts'

type Report = Parameters<typeof summaryOf>[0]

const report: Report = {
  rows: 3,
  products: { created: 1, updated: 1, unchanged: 1, rejected: 0 },
  rejections: [],
  rejectionsTotal: 0,
  warnings: [],
  warningsTotal: 0,
  languages: { en: 3, zh: 0 },
  variants: { tracked: 3, backorder: 0, untracked: 0 },
  skusGenerated: 0,
  negativeQuantities: 0,
  quantitiesMissing: 0,
  quantitiesDiffering: 0,
  passedOver: [],
  encoding: 'utf-8',
  separator: ',',
  seconds: 1.2,
}
const choices: ImportChoices = { onBadRow: 'reject', stock: 'keep', dryRun: false }
const rejection = { line: 4, handle: 'mug', field: 'Variant Price', reason: 'it is missing' }
const rejected = { ...report, rejections: [rejection], rejectionsTotal: 60 }

test('a summary of an import without a hitch is two lines', () => {
  expect(summaryOf(report, choices)).toEqual([
    '3 rows in 1.2 s: 1 products created, 1 updated, 1 unchanged, 0 rejected.',
    'The products are in the shop now.',
  ])
})

test('a summary counts what was not taken as it is in the file', () => {
  const lines = summaryOf(
    {
      ...report,
      negativeQuantities: 2,
      quantitiesDiffering: 5,
      passedOver: [{ column: 'Tags', rows: 3 }],
      encoding: 'gb18030',
      separator: '\t',
    },
    choices,
  )
  expect(lines).toContain('The file was read as gb18030, separated by tabs.')
  expect(lines).toContain('2 negative quantities became 0.')
  expect(lines.join('\n')).toMatch(/5 quantities differ from the shop's stock and were not taken.*--stock set/)
  expect(lines).toContain('  Tags (3)')
})

test.each<[title: string, last: RegExp, report: Report, choices: Partial<ImportChoices>]>([
  [
    'correct the rows',
    /^Nothing was imported\. Correct these rows.*--rejections FILE.*--on-bad-row skip/,
    rejected,
    {},
  ],
  [
    'correct the others',
    /bad\.csv lists all of them.*import the file again/,
    rejected,
    { onBadRow: 'skip', rejections: 'bad.csv' },
  ],
  ['import after a dry run', /without --dry-run/, report, { dryRun: true }],
  ['export a file with rows', /no rows below its header/, { ...report, rows: 0 }, {}],
  [
    'do nothing more',
    /has all of it already/,
    { ...report, products: { ...report.products, created: 0, updated: 0 } },
    {},
  ],
])('a summary ends with the next step: %s', (_, last, each, choice) => {
  expect(summaryOf(each, { ...choices, ...choice }).at(-1)).toMatch(last)
})

test('a summary lists the first rejected rows and the number of the others', () => {
  expect(summaryOf(rejected, choices).slice(0, 2)).toEqual([
    '  line 4 (mug), Variant Price: it is missing',
    '  ... and 10 more',
  ])
})

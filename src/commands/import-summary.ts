import type { importCatalog } from '#app'

type ImportReport = Awaited<ReturnType<typeof importCatalog>>

/** Choices that the summary refers to. */
export interface ImportChoices {
  onBadRow: 'reject' | 'skip'
  stock: 'keep' | 'set'
  dryRun: boolean
  /** Path of the file that has all rejections. */
  rejections?: string
}

/** Rejected rows that are printed; of the others only the number. */
const rejectionsPrintedMax = 50
const warningsPrintedMax = 20

/** Lines that say what an import has done, what it has left out, and what to do next. */
export function summaryOf(report: ImportReport, choices: ImportChoices): string[] {
  return [
    ...rowLines(report.rejections, { total: report.rejectionsTotal, limit: rejectionsPrintedMax }),
    ...(report.warningsTotal > 0 ? ['Imported, but look at these rows:'] : []),
    ...rowLines(report.warnings, { total: report.warningsTotal, limit: warningsPrintedMax }),
    ...outcomeLines(report, choices),
    ...stockLines(report, choices),
    ...passedOverLines(report),
    ...nextLines(report, choices),
  ]
}

function rowLines(rows: ImportReport['rejections'], { total, limit }: { total: number; limit: number }): string[] {
  const lines = rows.slice(0, limit).map(({ line, handle, field, reason }) => {
    const product = handle === undefined ? '' : ` (${handle})`
    return `  line ${line}${product}${field === undefined ? '' : `, ${field}`}: ${reason}`
  })
  return total > limit ? [...lines, `  ... and ${total - limit} more`] : lines
}

const separatorNames: Record<string, string> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' }

function outcomeLines(report: ImportReport, { dryRun }: ImportChoices): string[] {
  const { created, updated, unchanged, rejected } = report.products
  const { en, zh } = report.languages
  const separator = separatorNames[report.separator] ?? `"${report.separator}"`
  const isUsual = report.encoding === 'utf-8' && report.separator === ','
  return [
    ...(isUsual ? [] : [`The file was read as ${report.encoding}, separated by ${separator}.`]),
    `${report.rows} rows in ${report.seconds.toFixed(1)} s: ${created} products ${dryRun ? 'would be ' : ''}created, ${updated} updated, ${unchanged} unchanged, ${rejected} rejected.`,
    ...(zh > 0 ? [`Texts: ${en} products in English, ${zh} in Chinese.`] : []),
    ...(report.skusGenerated > 0
      ? [`${report.skusGenerated} variants without a SKU got one generated from handle and options.`]
      : []),
  ]
}

function stockLines(report: ImportReport, { stock, dryRun }: ImportChoices): string[] {
  const { variants, negativeQuantities, quantitiesMissing, quantitiesDiffering } = report
  const lines = [
    [variants.untracked, 'variants are not tracked, so they are always available.'],
    [variants.backorder, 'variants may be sold on back order.'],
    [negativeQuantities, 'negative quantities became 0.'],
    [
      quantitiesMissing,
      'tracked variants have no quantity in the file: new ones are sold out until you set their stock.',
    ],
    [
      quantitiesDiffering,
      stock === 'set'
        ? `quantities ${dryRun ? 'would be' : 'were'} set to those of the file.`
        : "quantities differ from the shop's stock and were not taken, since orders may have changed it; --stock set takes them.",
    ],
  ] as const
  return lines.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`)
}

const passedOverLines = ({ passedOver }: ImportReport): string[] =>
  passedOver.length === 0
    ? []
    : ['Columns that are not imported, with the rows that have something in them:', `  ${namesOf(passedOver)}`]

const namesOf = (columns: ImportReport['passedOver']): string =>
  columns.map(({ column, rows }) => `${column} (${rows})`).join(', ')

function nextLines(report: ImportReport, { onBadRow, dryRun, rejections }: ImportChoices): string[] {
  const { created, updated } = report.products
  const all = rejections === undefined ? '--rejections FILE lists all of them' : `${rejections} lists all of them`
  if (report.rejectionsTotal > 0) {
    return onBadRow === 'reject'
      ? [`Nothing was imported. Correct these rows (${all}), or import the other products with --on-bad-row skip.`]
      : [`Correct the rejected rows (${all}) and import the file again: products that are equal stay as they are.`]
  }
  if (report.rows === 0) return ['The file has no rows below its header. Export the products again.']
  if (dryRun) return ['Nothing was written. Run the same command without --dry-run to import.']
  return created + updated > 0 ? ['The products are in the shop now.'] : ['The shop has all of it already.']
}

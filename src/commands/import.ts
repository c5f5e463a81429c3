import { SingleBar } from 'cli-progress'
import { importCatalog } from '#app'
import { noPayment, openShop } from './boot.ts'
import { print } from './print.ts'

/** Rejected rows that are printed; of the others only the number. */
const rejectionsPrintedMax = 50

/** Imports a product CSV into the catalog. Exit code 1 when rows were rejected. */
export async function importFile(
  file: string,
  { currency, onBadRow }: { currency?: string; onBadRow: 'reject' | 'skip' },
): Promise<void> {
  const shop = await openShop({ print, payment: noPayment })
  const bar = new SingleBar({
    format: '{step} {bar} {percentage}% | {rows} rows | {eta_formatted} left',
    hideCursor: true,
  })
  const steps = { checking: 'Checking ', writing: 'Importing' }
  let shownStep: keyof typeof steps | undefined
  try {
    const report = await importCatalog(shop.app.services, {
      file,
      currency: currency ?? shop.config.SHOP_CURRENCIES[0] ?? 'USD',
      onBadRow,
      progress({ step, bytesRead, bytesTotal, rows }) {
        if (step !== shownStep) {
          bar.stop()
          bar.start(bytesTotal, 0, { step: steps[step], rows: 0 })
          // Without a terminal no bar is shown.
          if (!process.stderr.isTTY) print(`${steps[step].trim()} ...`)
          shownStep = step
        }
        bar.update(bytesRead, { step: steps[step], rows })
      },
    })
    bar.stop()
    for (const { line, handle, field, reason } of report.rejections.slice(0, rejectionsPrintedMax)) {
      print(
        `  line ${line}${handle === undefined ? '' : ` (${handle})`}${field === undefined ? '' : `, ${field}`}: ${reason}`,
      )
    }
    if (report.rejectionsTotal > rejectionsPrintedMax)
      print(`  ... and ${report.rejectionsTotal - rejectionsPrintedMax} more`)
    const { created, updated, unchanged, rejected } = report.products
    print(
      `${report.rows} rows in ${report.seconds.toFixed(1)} s: ${created} products created, ${updated} updated, ${unchanged} unchanged, ${rejected} rejected.`,
    )
    if (report.skusGenerated > 0)
      print(`${report.skusGenerated} variants without a SKU got one generated from handle and options.`)
    if (report.rejectionsTotal > 0 && onBadRow === 'reject')
      print('Nothing was imported. Correct these rows, or import the other products with --on-bad-row skip.')
    if (report.rejectionsTotal > 0) process.exitCode = 1
  } finally {
    bar.stop()
    await shop.close()
  }
}

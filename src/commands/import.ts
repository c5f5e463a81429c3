import { SingleBar } from 'cli-progress'
import { importCatalog } from '#app'
import { noPayment, openShop } from './boot.ts'
import { print } from './print.ts'

/** Refused rows told one by one; of more than these the number is told. */
const refusalsTold = 50

/** Reads a product CSV into the catalog. Exit code 1 when rows were refused. */
export async function importFile(
  file: string,
  { currency, onBadRow }: { currency?: string; onBadRow: 'refuse' | 'skip' },
): Promise<void> {
  const shop = await openShop({ tell: print, payment: noPayment })
  const bar = new SingleBar({
    format: '{step} {bar} {percentage}% | {rows} rows | {eta_formatted} left',
    hideCursor: true,
  })
  const steps = { checking: 'Checking ', writing: 'Importing' }
  let told: keyof typeof steps | undefined
  try {
    const report = await importCatalog(shop.app.services, {
      file,
      currency: currency ?? shop.config.SHOP_CURRENCIES[0] ?? 'USD',
      onBadRow,
      progress({ step, bytesRead, bytesTotal, rows }) {
        if (step !== told) {
          bar.stop()
          bar.start(bytesTotal, 0, { step: steps[step], rows: 0 })
          // Where there is no terminal there is no bar.
          if (!process.stderr.isTTY) print(`${steps[step].trim()} ...`)
          told = step
        }
        bar.update(bytesRead, { step: steps[step], rows })
      },
    })
    bar.stop()
    for (const { line, handle, field, reason } of report.refused.slice(0, refusalsTold)) {
      print(
        `  line ${line}${handle === undefined ? '' : ` (${handle})`}${field === undefined ? '' : `, ${field}`}: ${reason}`,
      )
    }
    if (report.refusedTotal > refusalsTold) print(`  ... and ${report.refusedTotal - refusalsTold} more`)
    const { created, updated, unchanged, refused } = report.products
    print(
      `${report.rows} rows in ${report.seconds.toFixed(1)} s: ${created} products created, ${updated} updated, ${unchanged} unchanged, ${refused} refused.`,
    )
    if (report.skusMade > 0) print(`${report.skusMade} variants had no SKU and got one made of handle and options.`)
    if (report.refusedTotal > 0 && onBadRow === 'refuse')
      print('Nothing was imported. Correct these rows, or import the good ones with --on-bad-row skip.')
    if (report.refusedTotal > 0) process.exitCode = 1
  } finally {
    bar.stop()
    await shop.close()
  }
}

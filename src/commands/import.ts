import { SingleBar } from 'cli-progress'
import { importCatalog } from '#app'
import type { Locale } from '#schemas'
import { noPayment, openShop } from './boot.ts'
import { summaryOf, type ImportChoices } from './import-summary.ts'
import { print } from './print.ts'

/** Options of the command, as the command line has them. */
export interface ImportCommandOptions extends ImportChoices {
  currency?: string
  locale?: Locale
  encoding?: string
}

/** Without a terminal, time between two lines about the progress, ms. */
const printIntervalMs = 5_000

/** Imports a product CSV into the catalog. Exit code 1 when rows were rejected. */
export async function importFile(file: string, options: ImportCommandOptions): Promise<void> {
  const { currency, locale, encoding, rejections, stock, onBadRow, dryRun } = options
  const shop = await openShop({ print, payment: noPayment })
  const progress = openProgress({ isDryRun: dryRun })
  try {
    const report = await importCatalog(shop.app.services, {
      file,
      currency: currency ?? shop.config.SHOP_CURRENCIES[0] ?? 'USD',
      onBadRow,
      stock,
      isDryRun: dryRun,
      ...(locale === undefined ? {} : { locale }),
      ...(encoding === undefined ? {} : { encoding }),
      ...(rejections === undefined ? {} : { rejectionsFile: rejections }),
      progress: progress.show,
    })
    progress.stop()
    for (const line of summaryOf(report, options)) print(line)
    if (report.rejectionsTotal > 0) process.exitCode = 1
  } finally {
    progress.stop()
    await shop.close()
  }
}

interface Progress {
  step: 'checking' | 'writing'
  bytesRead: number
  bytesTotal: number
  rows: number
}

/** A progress bar on a terminal, else a line every few seconds. */
function openProgress({ isDryRun }: { isDryRun: boolean }) {
  const names = { checking: 'Checking ', writing: isDryRun ? 'Comparing' : 'Importing' }
  const bar = new SingleBar({
    format: '{step} {bar} {percentage}% | {rows} rows | {eta_formatted} left',
    hideCursor: true,
  })
  let shownStep: Progress['step'] | undefined
  let printedAt = 0
  return {
    show({ step, bytesRead, bytesTotal, rows }: Progress): void {
      if (step !== shownStep) {
        bar.stop()
        bar.start(bytesTotal, 0, { step: names[step], rows: 0 })
        if (!process.stderr.isTTY) print(`${names[step].trim()} ...`)
        shownStep = step
        printedAt = performance.now()
      }
      bar.update(bytesRead, { step: names[step], rows })
      if (process.stderr.isTTY || performance.now() - printedAt < printIntervalMs) return
      print(`${names[step].trim()} ... ${Math.floor((100 * bytesRead) / Math.max(1, bytesTotal))}%, ${rows} rows`)
      printedAt = performance.now()
    },
    stop: () => bar.stop(),
  }
}

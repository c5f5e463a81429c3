import { closeSync, openSync, writeSync } from 'node:fs'
import { stringify } from 'csv-stringify/sync'
import { AppError } from '#errors'
import type { RowRejection } from './rejections.ts'

/** CSV file with all rejections of an import, for a spreadsheet. */
export interface RejectionsFile extends Disposable {
  add(rejection: RowRejection): void
}

const bufferedMax = 500

/**
 * Creates or replaces the file, and writes to it in blocks. Formulas in cells are escaped.
 * @throws AppError `bad_input` when the file cannot be written.
 */
export function openRejectionsFile(path: string): RejectionsFile {
  const descriptor = openForWriting(path)
  let buffered = [['Line', 'Handle', 'Column', 'Reason']]
  let isFirst = true
  const flush = () => {
    if (buffered.length === 0) return
    // The byte order mark makes Excel read the file as UTF-8.
    writeSync(descriptor, stringify(buffered, { bom: isFirst, escape_formulas: true }))
    isFirst = false
    buffered = []
  }
  return {
    add({ line, handle = '', field = '', reason }) {
      buffered.push([String(line), handle, field, reason])
      if (buffered.length === bufferedMax) flush()
    },
    [Symbol.dispose]() {
      try {
        flush()
      } finally {
        closeSync(descriptor)
      }
    },
  }
}

function openForWriting(path: string): number {
  try {
    return openSync(path, 'w')
  } catch (error) {
    throw new AppError('bad_input', {
      field: 'rejectionsFile',
      message: `${path} cannot be written (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'}). Name another file. Nothing was imported.`,
      cause: error,
    })
  }
}

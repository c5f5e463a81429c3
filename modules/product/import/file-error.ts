import { AppError } from '#errors'

/** AppError `bad_input` on field `file`; `problem` completes a sentence that begins with the path. */
export const fileError = (problem: string, { path, cause }: { path: string; cause?: unknown }) =>
  new AppError('bad_input', { field: 'file', message: `${path} ${problem}. Nothing was imported.`, cause })

import { AppError } from '#errors'

/** Largest number of nested objects and lists. */
const depthMax = 16

/**
 * Rejects input that schemas let through: excessive nesting, and text that Postgres cannot store (NUL, lone surrogates).
 * @throws AppError `bad_input` naming the field.
 */
export function rejectHostileInput(value: unknown, path: string[] = []): void {
  if (typeof value === 'string') {
    if (value.includes('\u0000') || !value.isWellFormed()) {
      throw new AppError('bad_input', {
        field: path.join('.'),
        message: 'Text must be well-formed Unicode without NUL characters.',
      })
    }
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (path.length >= depthMax)
    throw new AppError('bad_input', { field: path.slice(0, 3).join('.'), message: 'The input is nested too deeply.' })
  for (const [name, inner] of Object.entries(value)) {
    rejectHostileInput(name, [...path, '(a field name)'])
    rejectHostileInput(inner, [...path, name])
  }
}

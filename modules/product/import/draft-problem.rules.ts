import type { z } from 'zod'
import type { ProductDraft } from '../draft.contract.ts'
import type { Column } from './csv-header.rules.ts'

/** Reason why a draft is invalid, in the words of the file. */
export interface DraftProblem {
  column: Column
  /** Index of the variant at fault; null for the product. */
  variant: number | null
  reason: string
}

const columns: Partial<Record<string, Column>> = {
  slug: 'handle',
  brand: 'vendor',
  title: 'title',
  description: 'body',
  categories: 'category',
  media: 'image',
  options: 'option1Name',
}

/** Translates a validation issue, whose path is that of the draft. */
export function draftProblem({ path, ...issue }: z.core.$ZodIssue): DraftProblem {
  const [part = '', index, name] = path.map((step) => (typeof step === 'number' ? step : String(step)))
  const isVariant = part === 'variants' && typeof index === 'number'
  return {
    column: columnOf(part as keyof ProductDraft, name),
    variant: isVariant ? index : null,
    reason: reasonOf(issue, part, path),
  }
}

const columnOf = (part: keyof ProductDraft, name: string | number | undefined): Column => {
  if (part === 'options' && name === 'values') return 'option1Value'
  if (part === 'variants' && name === 'image') return 'variantImage'
  if (part === 'media' && name === 'alt') return 'imageAlt'
  return columns[part] ?? (name === 'values' ? 'option1Value' : 'sku')
}

function reasonOf(issue: Omit<z.core.$ZodIssue, 'path'>, part: string | number, path: PropertyKey[]): string {
  if (issue.code !== 'too_big' || !('maximum' in issue)) return issue.message
  const max = Number(issue.maximum).toLocaleString('en')
  if ('origin' in issue && issue.origin === 'array') {
    const counted = part === 'options' && path.length > 1 ? 'values of one option' : (nouns[part] ?? 'entries')
    return `the product has more than ${max} ${counted}`
  }
  return `it is longer than ${max} characters`
}

const nouns: Partial<Record<string | number, string>> = {
  media: 'pictures',
  variants: 'variants',
  options: 'options',
  categories: 'categories',
}

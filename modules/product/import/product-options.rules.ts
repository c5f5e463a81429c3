import { createHash } from 'node:crypto'
import type { Locale } from '#schemas'
import type { ProductDraft } from '../draft.contract.ts'
import type { Column } from './csv-header.rules.ts'

/** Variant as parsed from its row. */
export interface ParsedVariant {
  line: number
  /** Empty if the file has none. */
  sku: string
  /** Values of the first, second and third option; empty without one. */
  values: string[]
  price: number
  compareAt: number | null
  stock: number
}

interface ResolvedVariant extends Omit<ParsedVariant, 'values'> {
  /** For each option, the index of this variant's value. */
  values: number[]
}

type RejectCell = (line: number, column: Column | null, reason: string) => void

const nameColumns = ['option1Name', 'option2Name', 'option3Name'] as const
const valueColumns = ['option1Value', 'option2Value', 'option3Value'] as const

/** Options of a product, and its variants with the indexes of their option values and a SKU each. */
export function resolveOptions(
  { handle, names, variants, locale }: { handle: string; names: string[]; variants: ParsedVariant[]; locale: Locale },
  reject: RejectCell,
): { options: ProductDraft['options']; variants: ResolvedVariant[]; skusGenerated: number } {
  const hasNoOptions = variants.length === 1 && isDefault(names, variants[0]?.values ?? [])
  const used = hasNoOptions ? [] : names.flatMap((name, position) => (name === '' ? [] : [position]))
  if (!hasNoOptions) checkValues(variants, names, reject)
  const values = used.map((position) => [...new Set(variants.map((variant) => variant.values[position] ?? ''))])
  const lineByCombination = new Map<string, number>()
  const resolved = variants.map((variant) => {
    const own = used.map((position) => variant.values[position] ?? '')
    const key = JSON.stringify(own)
    const firstLine = lineByCombination.get(key)
    if (firstLine === undefined) lineByCombination.set(key, variant.line)
    else
      reject(
        variant.line,
        valueColumns[used[0] ?? 0] ?? null,
        `the variant has the same options as the one on line ${firstLine}`,
      )
    return {
      ...variant,
      sku: variant.sku || generateSku(handle, own),
      values: own.map((value, index) => values[index]?.indexOf(value) ?? 0),
    }
  })
  return {
    options: used.map((position, index) => ({
      name: { [locale]: names[position] ?? '' },
      values: (values[index] ?? []).map((value) => ({ [locale]: value })),
    })),
    variants: resolved,
    skusGenerated: variants.filter(({ sku }) => sku === '').length,
  }
}

/** Shopify's notation of a product without options: one option `Title` with the value `Default Title`. */
const isDefault = ([name = '', ...names]: string[], [value = '', ...values]: string[]): boolean =>
  [...names, ...values].every((text) => text === '') &&
  (name === '' || name.toLowerCase() === 'title') &&
  (value === '' || value.toLowerCase() === 'default title')

function checkValues(variants: ParsedVariant[], names: string[], reject: RejectCell): void {
  for (const { line, values } of variants) {
    for (const [position, name] of names.entries()) {
      const value = values[position] ?? ''
      if (name !== '' && value === '') reject(line, valueColumns[position] ?? null, `the variant has no ${name}`)
      if (name === '' && value !== '')
        reject(line, nameColumns[position] ?? null, 'is missing on the first row of the product')
    }
  }
}

const skuMax = 100

/**
 * SKU for a variant without one, such as `SHIRT-RED-XL`. It depends only on the Handle and the option values, so that the
 * next import generates the same SKU, whatever the order of the rows.
 */
function generateSku(handle: string, values: string[]): string {
  const sku = [handle, ...values]
    .join('-')
    .replaceAll(/[\s/]+/g, '-')
    .toUpperCase()
  if (sku.length <= skuMax) return sku
  const digest = createHash('sha256').update(sku).digest('hex').slice(0, 12)
  return `${sku.slice(0, skuMax - 13).replace(/[\uD800-\uDBFF]$/, '')}-${digest}`
}

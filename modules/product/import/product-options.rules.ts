import { createHash } from 'node:crypto'
import type { Locale } from '#schemas'
import type { InventoryPolicy, ProductDraft } from '../draft.contract.ts'
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
  /** Units in stock; null if the file does not say. */
  quantity: number | null
  inventoryPolicy: InventoryPolicy
  /** Address of its own picture; null without one. */
  imageUrl: string | null
}

interface ResolvedVariant extends Omit<ParsedVariant, 'values'> {
  /** For each option, the index of this variant's value. */
  values: number[]
  /** The file has no SKU for it, so that one was generated. */
  isSkuGenerated: boolean
}

type RejectCell = (line: number, column: Column | null, reason: string) => void

const nameColumns = ['option1Name', 'option2Name', 'option3Name'] as const
const valueColumns = ['option1Value', 'option2Value', 'option3Value'] as const

/** Options of a product, and its variants with the indexes of their option values and a SKU each. */
export function resolveOptions(
  { handle, names, variants, locale }: { handle: string; names: string[]; variants: ParsedVariant[]; locale: Locale },
  reject: RejectCell,
): { options: ProductDraft['options']; variants: ResolvedVariant[] } {
  const hasNoOptions = variants.length === 1 && isDefault(names, variants[0]?.values ?? [])
  const used = hasNoOptions ? [] : names.flatMap((name, position) => (name === '' ? [] : [position]))
  if (!hasNoOptions) checkValues(variants, names, reject)
  const indexes = used.map((position) => {
    const distinct = new Set(variants.map((variant) => variant.values[position] ?? ''))
    return new Map([...distinct].map((value, index) => [value, index]))
  })
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
      isSkuGenerated: variant.sku === '',
      values: own.map((value, index) => indexes[index]?.get(value) ?? 0),
    }
  })
  return {
    options: used.map((position, index) => ({
      name: { [locale]: names[position] ?? '' },
      values: [...(indexes[index]?.keys() ?? [])].map((value) => ({ [locale]: value })),
    })),
    variants: resolved,
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
const digestLength = 8

/**
 * SKU for a variant without one, such as `SHIRT-RED-XL-1A2B3C4D`. It depends only on the Handle and the option values, so
 * that the next import generates the same SKU, whatever the order of the rows. The digest keeps it apart from the SKUs of
 * the file and from those of other Handles and values that read alike, such as `shirt` in `Red XL` and `shirt-red` in `XL`.
 */
function generateSku(handle: string, values: string[]): string {
  const parts = [handle, ...values]
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, digestLength).toUpperCase()
  const readable = parts
    .join('-')
    .replaceAll(/[\s/]+/g, '-')
    .toUpperCase()
    .slice(0, skuMax - digestLength - 1)
    .replace(/[\uD800-\uDBFF]$/, '')
  return `${readable}-${digest}`
}

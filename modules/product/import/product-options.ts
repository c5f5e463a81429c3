import { createHash } from 'node:crypto'
import type { Locale } from '#schemas'
import type { ProductDraft } from '../draft.contract.ts'
import type { Column } from './columns.ts'

/** A variant as its row gives it. */
export interface GivenVariant {
  line: number
  /** Empty where the file has none. */
  sku: string
  /** Of the first, second and third option; empty where there is none. */
  values: string[]
  price: number
  compareAt: number | null
  stock: number
}

interface ChosenVariant extends Omit<GivenVariant, 'values'> {
  /** Indexes into the values of the options. */
  values: number[]
}

type RefuseCell = (line: number, column: Column | null, reason: string) => void

const nameColumns = ['option1Name', 'option2Name', 'option3Name'] as const
const valueColumns = ['option1Value', 'option2Value', 'option3Value'] as const

/** The options of a product, with its variants' places in them and a SKU for each. */
export function chooseOptions(
  { handle, names, variants, locale }: { handle: string; names: string[]; variants: GivenVariant[]; locale: Locale },
  refuse: RefuseCell,
): { options: ProductDraft['options']; variants: ChosenVariant[]; skusMade: number } {
  const isPlain = variants.length === 1 && isDefault(names, variants[0]?.values ?? [])
  const used = isPlain ? [] : names.flatMap((name, place) => (name === '' ? [] : [place]))
  if (!isPlain) checkValues(variants, names, refuse)
  const values = used.map((place) => [...new Set(variants.map((variant) => variant.values[place] ?? ''))])
  const combinations = new Map<string, number>()
  const chosen = variants.map((variant) => {
    const own = used.map((place) => variant.values[place] ?? '')
    const key = JSON.stringify(own)
    const other = combinations.get(key)
    if (other === undefined) combinations.set(key, variant.line)
    else
      refuse(
        variant.line,
        valueColumns[used[0] ?? 0] ?? null,
        `the variant has the same options as the one on line ${other}`,
      )
    return {
      ...variant,
      sku: variant.sku || madeSku(handle, own),
      values: own.map((value, index) => values[index]?.indexOf(value) ?? 0),
    }
  })
  return {
    options: used.map((place, index) => ({
      name: { [locale]: names[place] ?? '' },
      values: (values[index] ?? []).map((value) => ({ [locale]: value })),
    })),
    variants: chosen,
    skusMade: variants.filter(({ sku }) => sku === '').length,
  }
}

/** How Shopify writes a product without options: one named Title, whose value is Default Title. */
const isDefault = ([name = '', ...names]: string[], [value = '', ...values]: string[]): boolean =>
  [...names, ...values].every((text) => text === '') &&
  (name === '' || name.toLowerCase() === 'title') &&
  (value === '' || value.toLowerCase() === 'default title')

function checkValues(variants: GivenVariant[], names: string[], refuse: RefuseCell): void {
  for (const { line, values } of variants) {
    for (const [place, name] of names.entries()) {
      const value = values[place] ?? ''
      if (name !== '' && value === '') refuse(line, valueColumns[place] ?? null, `the variant has no ${name}`)
      if (name === '' && value !== '')
        refuse(line, nameColumns[place] ?? null, 'is missing on the first row of the product')
    }
  }
}

const skuMax = 100

/**
 * A SKU for a variant that has none: `SHIRT-RED-XL`. It comes from Handle and option values alone, so that the next
 * import, in whichever order the rows stand, finds the same variant.
 */
function madeSku(handle: string, values: string[]): string {
  const sku = [handle, ...values]
    .join('-')
    .replaceAll(/[\s/]+/g, '-')
    .toUpperCase()
  if (sku.length <= skuMax) return sku
  const digest = createHash('sha256').update(sku).digest('hex').slice(0, 12)
  return `${sku.slice(0, skuMax - 13).replace(/[\uD800-\uDBFF]$/, '')}-${digest}`
}

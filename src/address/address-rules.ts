import type { AddressField, AddressRules } from '#schemas'
import { countryDataOf } from './country-data.ts'
import { labelOf } from './labels.ts'

/** libaddressinput's letters of the parts that an address of this shop has. */
const fieldsOfLetter: Readonly<Record<string, readonly AddressField[]>> = {
  N: ['name'],
  O: ['company'],
  A: ['line1', 'line2'],
  C: ['city'],
  S: ['region'],
  Z: ['postalCode'],
}

/** Rules of a country's addresses, for forms: its fields in their order, and what each is called; undefined for no country. */
export function addressRulesOf(country: string): AddressRules | undefined {
  const data = countryDataOf(country)
  if (data === undefined) return undefined
  const fields = fieldsOf(data.latinFormat).map(({ name, letter }) => ({
    name,
    isRequired: name === 'name' || (name !== 'line2' && data.required.includes(letter)),
    label: labelsOf(name, data.labels),
  }))
  return {
    fields,
    postalCode:
      data.postalCode === undefined
        ? null
        : { pattern: data.postalCode.pattern.source, example: data.postalCode.examples[0] ?? '' },
    regions: data.regions.map(({ code, name, latinName }) => ({ code, name, latinName })),
  }
}

/** The fields of a format in its order. The name comes first in a form, whatever the order on an envelope. */
function fieldsOf(format: string): { name: AddressField; letter: string }[] {
  const letters = [...format.matchAll(/%([NOACSZ])/g)].map(([, letter = '']) => letter)
  return ['N', ...letters.filter((letter) => letter !== 'N')].flatMap((letter) =>
    (fieldsOfLetter[letter] ?? []).map((name) => ({ name, letter })),
  )
}

function labelsOf(name: AddressField, labels: { region: string; city: string; postalCode: string }) {
  const label = name === 'region' || name === 'city' || name === 'postalCode' ? labels[name] : name
  return { en: labelOf(label, 'en'), zh: labelOf(label, 'zh') }
}

import { shop } from './client.ts'
import { useQuery, type QueryState } from './query.ts'
import type { AddressField, AddressRules, ShopCountry } from './types.ts'

/** The countries that the shop delivers to, with the rules of their addresses. */
export function useCountries(): QueryState<ShopCountry[]> {
  return useQuery('countries', async () => (await shop.shop.settings.query()).countries)
}

/** The country of the user's browser, where the shop delivers to it. */
export function defaultCountry(countries: readonly ShopCountry[]): string {
  const codes = countries.map(({ code }) => code)
  const regions = navigator.languages.map((tag) => tag.split('-').at(-1)?.toUpperCase() ?? '')
  const usual = navigator.language.startsWith('zh') ? 'CN' : 'US'
  return [...regions, usual].find((code) => codes.includes(code)) ?? codes[0] ?? usual
}

/** The fields of an address in the order of a form in this language: Chinese forms go from the province to the house. */
export function orderedFields({ fields, localOrder }: AddressRules, locale: 'en' | 'zh'): AddressRules['fields'] {
  if (locale === 'en') return fields
  const place = (name: AddressField): number => localOrder.indexOf(name)
  return fields.toSorted((a, b) => place(a.name) - place(b.name))
}

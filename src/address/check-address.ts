import type { Address } from '#schemas'
import { countryDataOf, isLatin, type CountryData, type Region } from './country-data.ts'
import { labelOf } from './labels.ts'

/** What is wrong with an address: the field, and what to do in each language of the shop. */
export interface AddressIssue {
  field: keyof Address
  en: string
  zh: string
}

export type CheckedAddress = { address: Address } | { issues: AddressIssue[] }

/**
 * Checks an address by the rules of its country, and normalises its postal code and region. Lenient where mail arrives
 * all the same: a blank or a dash in a postal code, the case, full-width digits, a region by code or name in either script,
 * a city that is its own region.
 */
export function checkAddress(given: Address): CheckedAddress {
  const data = countryDataOf(given.country)
  if (data === undefined)
    return {
      issues: [
        {
          field: 'country',
          en: 'is not the code of a country: give one such as DE',
          zh: '不是国家代码，例如 CN',
        },
      ],
    }
  const issues: AddressIssue[] = []
  const address = { ...given }
  const requires = (letter: string): boolean => data.required.includes(letter)

  const region = findRegion(data, address)
  if (region !== undefined) address.region = regionText(region, address)
  else if (requires('S')) issues.push(missingRegion(data))
  if (address.city === undefined && requires('C')) issues.push(missing('city', data.labels.city))

  const postalCode = address.postalCode === undefined ? undefined : normalisePostalCode(address.postalCode, data)
  if (postalCode !== undefined) address.postalCode = postalCode
  else if (address.postalCode !== undefined || requires('Z')) issues.push(wrongPostalCode(data))
  return issues.length > 0 ? { issues } : { address }
}

const missing = (field: keyof Address, label: string): AddressIssue => ({
  field,
  en: `Enter the ${labelOf(label, 'en')}.`,
  zh: `请填写${labelOf(label, 'zh')}。`,
})

function missingRegion({ regions, labels }: CountryData): AddressIssue {
  const example = regions[0]
  if (example === undefined) return missing('region', labels.region)
  const latin = example.latinName === example.name ? example.name : `${example.latinName} (${example.name})`
  return {
    field: 'region',
    en: `Choose the ${labelOf(labels.region, 'en')}, such as ${latin}.`,
    zh: `请选择${labelOf(labels.region, 'zh')}，例如${example.name}。`,
  }
}

function wrongPostalCode({ postalCode, labels }: CountryData): AddressIssue {
  const label = labels.postalCode
  const example = postalCode?.examples[0]
  if (!example) return missing('postalCode', label)
  return {
    field: 'postalCode',
    en: `Enter the ${labelOf(label, 'en')} in the form of ${example}.`,
    zh: `请按 ${example} 的格式填写${labelOf(label, 'zh')}。`,
  }
}

/** The postal code as its country writes it; undefined for one of another form. A country without postal codes takes any. */
function normalisePostalCode(given: string, { postalCode }: CountryData): string | undefined {
  const plain = given.normalize('NFKC').toUpperCase()
  if (postalCode === undefined) return plain
  const { pattern, examples, prefix } = postalCode
  const compact = plain.replace(/[^A-Z0-9]/g, '')
  const bare = compact.startsWith(prefix) ? compact.slice(prefix.length) : compact
  const forms = examples.filter((example) => shapeOf(example) === shapeOf(bare))
  return [...forms.map((form) => inFormOf(form, bare)), plain, bare, compact].find((code) => pattern.test(code))
}

/** Which signs are letters and which are digits, such as `A9A9AA` of W1G 0AA. */
const shapeOf = (code: string): string =>
  code
    .replace(/[^A-Z0-9]/gi, '')
    .replace(/[A-Z]/gi, 'A')
    .replace(/\d/g, '9')

/** Letters and digits with the blanks and dashes of an example of the same shape. */
function inFormOf(example: string, compact: string): string {
  const rest = [...compact]
  return [...example].map((sign) => (/[A-Z0-9]/i.test(sign) ? rest.shift() : sign)).join('')
}

/** Code of an address's region; undefined where the country has no list of regions, or the region is none of them. */
export function regionCode({
  country,
  region,
  city,
}: Pick<Address, 'country' | 'region' | 'city'>): string | undefined {
  const data = countryDataOf(country)
  return data === undefined || data.regions.length === 0 ? undefined : findRegion(data, { region, city })?.code
}

/** The region that is given, or that the city is. */
function findRegion({ regions }: CountryData, { region, city }: Pick<Address, 'region' | 'city'>): Region | undefined {
  if (regions.length === 0) return region === undefined ? undefined : { code: region, name: region, latinName: region }
  return [region, region === undefined ? city : undefined].map((text) => regionNamed(regions, text)).find(Boolean)
}

function regionNamed(regions: readonly Region[], text: string | undefined): Region | undefined {
  if (text === undefined) return undefined
  const wanted = plainName(text)
  return (
    regions.find(({ code }) => plainName(code) === wanted) ??
    regions.find(({ name, latinName }) => [name, latinName].some((known) => plainName(known) === wanted)) ??
    regions.find(({ name, latinName }) => [name, latinName].some((known) => stem(known) === stem(text)))
  )
}

const plainName = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .normalize('NFC')
    .toLowerCase()
    .replaceAll('臺', '台')
    .replace(/[\s.'’-]+/g, '')

/** The name without the word for its kind: 广东 is 广东省, Tokyo is Tokyo-to. */
const stem = (text: string): string =>
  plainName(text).replace(
    /(?<=..)(?:省|市|県|府|都|道|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区|縣|县|도|특별자치도|특별시|광역시|sheng|shi|province|prefecture|state|county|city|ken|do)$/u,
    '',
  )

/** Countries whose post prints the code of a region, as libaddressinput's keys for them are. */
const printsCode = new Set(['US', 'CA', 'AU', 'BR', 'IT'])

/** The region as it is printed: its code where the post wants it, else its name in the script of the address. */
function regionText({ code, name, latinName }: Region, { country, line1, region }: Address): string {
  if (printsCode.has(country)) return code
  return isLatin(region ?? line1) && isLatin(line1) ? latinName : name
}

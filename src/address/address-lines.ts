import type { Address } from '#schemas'
import { countryDataOf, isLatin } from './country-data.ts'

const parts: Readonly<Record<string, (address: Address) => string | undefined>> = {
  N: ({ name }) => name,
  O: ({ company }) => company,
  A: ({ line1, line2 }) => [line1, line2].filter(Boolean).join('\n'),
  // A city that is its own region is printed once.
  C: ({ city, region }) => (city === region ? undefined : city),
  S: ({ region }) => region,
  Z: ({ postalCode }) => postalCode,
}

/**
 * Lines of an address in the order of its country and script, each given part once, without the country. Parts that the
 * country's format does not have follow at the end.
 */
export function addressLines(address: Address): string[] {
  const data = countryDataOf(address.country)
  const isInLatin = isLatin(`${address.line1}${address.city ?? ''}`)
  const format = (isInLatin ? data?.latinFormat : data?.format) ?? '%N%n%O%n%A%n%Z %C%n%S'
  const printed = format
    .split('%n')
    .flatMap((line) => printLine(line, address).split('\n'))
    .filter((line) => line !== '')
  const missing = Object.keys(parts).filter((letter) => !format.includes(`%${letter}`))
  const rest = missing.map((letter) => parts[letter]?.(address) ?? '').filter((text) => text !== '')
  return [...printed, ...rest]
}

/** One line of a format. Separators beside an absent part are left out. */
function printLine(line: string, address: Address): string {
  const filled = line.replace(/%([A-Z])/g, (_, letter: string) => parts[letter]?.(address) ?? '\0')
  if (!filled.includes('\0')) return filled
  return filled
    .replace(/\0[\s,〒-]*/g, '')
    .replace(/[\s,〒]+$/, '')
    .trim()
}

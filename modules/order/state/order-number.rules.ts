import { randomInt } from 'node:crypto'

/** Order numbers: ten random digits of Crockford's base 32, written in two groups, such as `7K3M9-QXT2F`. */

/** Without letters that can be mistaken for digits. */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

const grouped = (number: string): string => number.replace(/^.{5}/, '$&-')

/** Unlike a serial number it does not reveal the shop's sales. */
export const newOrderNumber = (): string =>
  grouped(Array.from({ length: 10 }, () => digits[randomInt(digits.length)]).join(''))

const lookAlikes: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1', U: 'V' }

/** The number as it is stored, from any way people write it: `#7k3m9 qxt2f`, without the hyphen, O for 0, I or L for 1. */
export const canonicalOrderNumber = (written: string): string =>
  grouped(
    written
      .normalize('NFKC')
      .toUpperCase()
      .replaceAll(/[^0-9A-Z]/g, '')
      .replaceAll(/[OILU]/g, (letter) => lookAlikes[letter] ?? letter),
  )

import { z } from 'zod'
import { isKnownCurrency } from '#lib/currency'
import { hasExchangeRate } from '#lib/exchange-rates'
import { isWeakSecret } from '#lib/weak-secret'

/** Types of the settings in config.ts: texts of the environment, each with what is wrong in words. */

/** `PORT=abc` is NaN to zod, which its own text would say. */
const notANumber = ({ code }: { code?: string }): string | undefined =>
  code === 'invalid_type' ? 'must be a whole number' : undefined
export const wholeNumber = z.coerce.number({ error: notANumber }).int('must be a whole number')
export const port = wholeNumber.min(0, 'must be 0 to 65535').max(65_535, 'must be 0 to 65535')
export const positive = wholeNumber.min(1)
export const flag = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true')
export const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol),
      `must be an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    )
export const origin = url('http:', 'https:').refine(
  (value) => !URL.canParse(value) || `${new URL(value).origin}/` === new URL(value).href,
  'must be an origin such as https://shop.example.com, without a path, a query or a login',
)
function problemOfCurrency(code: string, before: readonly string[]): string | undefined {
  if (before.includes(code)) return `names ${code} twice: name each currency once`
  if (!isKnownCurrency(code)) return `names ${code}, which is no currency of ISO 4217: use codes such as USD,EUR,CNY`
  if (hasExchangeRate(code)) return undefined
  return `names ${code}, for which shipping has no prices: add its rate to src/lib/exchange-rates.ts`
}
export const currencies = z
  .string()
  .regex(/^[A-Z]{3}(,[A-Z]{3})*$/, 'must be ISO 4217 codes separated by commas, such as USD,EUR,CNY')
  .transform((list) => list.split(','))
  .check(({ value, issues }) => {
    for (const [index, code] of value.entries()) {
      const message = problemOfCurrency(code, value.slice(0, index))
      if (message !== undefined) issues.push({ code: 'custom', message, input: value })
    }
  })
export const key = z
  .string()
  .min(32, 'must have at least 32 characters')
  .refine((value) => !isWeakSecret(value), 'is easy to guess: take a random one, such as from `openssl rand -hex 32`')
export const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)

const network = z.union([
  z.enum(['loopback', 'linklocal', 'uniquelocal']),
  z.ipv4(),
  z.ipv6(),
  z.cidrv4().refine((value) => !value.endsWith('/0')),
  z.cidrv6().refine((value) => !value.endsWith('/0')),
])
export const proxies = z
  .string()
  .transform(listOf)
  .refine(
    (list) => list.length > 0 && list.every((item) => network.safeParse(item).success),
    'must name the balancer by its addresses or networks, such as 10.0.0.0/8,loopback: X-Forwarded-For of anybody else is not trusted',
  )

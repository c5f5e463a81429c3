import Negotiator from 'negotiator'
import { locales, localeSchema, type Locale } from '#schemas'
import { chinese } from './messages.zh.ts'

/** The language of the shop that the caller prefers by `Accept-Language`; English where the caller wants neither. */
export function preferredLocale(acceptLanguage: string | undefined): Locale {
  if (acceptLanguage === undefined || acceptLanguage.length > 1_000) return 'en'
  const [preferred] = new Negotiator({ headers: { 'accept-language': acceptLanguage } }).languages([...locales])
  return localeSchema.safeParse(preferred).data ?? 'en'
}

/** The language that an input asks for in its field `locale`. */
export function localeOfInput(input: unknown): Locale | undefined {
  const locale: unknown = typeof input === 'object' && input !== null && 'locale' in input ? input.locale : undefined
  return localeSchema.safeParse(locale).data
}

interface Pattern {
  expression: RegExp
  translation: string
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
const patterns: readonly Pattern[] = Object.entries(chinese)
  .filter(([message]) => message.includes('{}'))
  .map(([message, translation]) => ({
    expression: new RegExp(`^${message.split('{}').map(escaped).join('(.{1,200}?)')}$`),
    translation,
  }))

/** The message in this language; in English where the catalog does not have it. */
export function translate(message: string, locale: Locale): string {
  if (locale === 'en') return message
  if (Object.hasOwn(chinese, message)) return chinese[message] ?? message
  for (const { expression, translation } of patterns) {
    const values = expression.exec(message)?.slice(1)
    if (values !== undefined) return translation.replaceAll('{}', () => values.shift() ?? '')
  }
  return message
}

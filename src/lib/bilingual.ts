/** Message catalog, as in gettext: the English text is the key of its translation. The languages are those of the shop. */

const chinese = new Map<string, string>()

/**
 * Defines a message with its translation. @returns the English text, by which {@link translate} finds the other.
 * The catalog only grows: a message may hold limits and settings, never a caller's values.
 */
export function bilingual(en: string, zh: string): string {
  chinese.set(en, zh)
  return en
}

/** The message in this language; in English where it has no translation. */
export const translate = (message: string, locale: 'en' | 'zh'): string =>
  (locale === 'zh' ? chinese.get(message) : undefined) ?? message

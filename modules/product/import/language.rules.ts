import type { Locale } from '#schemas'

/** Chinese if Han characters outnumber the other words, so that a brand name in Latin letters does not decide. */
export function localeOf(text: string): Locale {
  const { han, words } = countWords(text)
  return han > words ? 'zh' : 'en'
}

/** Language of a product, with doubt where the texts do not show it. */
export interface GuessedLocale {
  locale: Locale
  /** `short`: too few words, such as a model number. `mixed`: Chinese and other words. */
  doubt: 'short' | 'mixed' | null
}

/** Fewest words that show that a text without Han characters is not a part of a Chinese catalog. */
const wordsMin = 6

/** Language of a product by its title and, where that is a name such as `Anker 737`, its other texts. */
export function guessLocale(title: string, otherTexts: string[]): GuessedLocale {
  const all = [title, ...otherTexts].join('\n')
  if (localeOf(title) === 'zh' || localeOf(all) === 'zh') return { locale: 'zh', doubt: null }
  const { han, words } = countWords(all)
  if (countWords(title).han > 0) return { locale: 'en', doubt: 'mixed' }
  return { locale: 'en', doubt: han === 0 && words < wordsMin ? 'short' : null }
}

function countWords(text: string): { han: number; words: number } {
  return {
    han: text.match(/\p{Script=Han}/gu)?.length ?? 0,
    words: text.match(/[[\p{L}\p{N}]--\p{Script=Han}]+/gv)?.length ?? 0,
  }
}

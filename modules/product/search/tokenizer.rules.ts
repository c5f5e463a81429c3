/**
 * Tokenizer of search: splits documents and queries into words by the same rules. Postgres does the English stemming.
 * ICU segments Chinese, but its word boundaries depend on the surrounding text. Chinese is therefore matched by character
 * bigrams, and the segmentation only selects the bigrams that must match.
 */

export interface Word {
  /** The normalised word: `wifi` for "Wi-Fi", `充电宝`. */
  text: string
  /** Lexemes that must all match: `wi` and `fi`; `充电` and `电宝`. */
  lexemes: string[]
  isHan: boolean
}

const segmenter = new Intl.Segmenter('zh', { granularity: 'word' })
// Function words that occur in nearly every Chinese text.
const hanStopWords = new Set('的了和与及或是在等把被之而且也都很')
const tokenPattern =
  /\p{Script=Han}+|[[\p{L}\p{N}]--\p{Script=Han}]+(?:(?:(?<=\p{N})\.(?=\p{N})|[\-‐‑])[[\p{L}\p{N}]--\p{Script=Han}]+)*/gv
const hanPattern = /^\p{Script=Han}/v

/** Lower-cases, folds compatibility forms (full-width, ligatures), and removes accents, apostrophes and trade marks. */
export function normalise(text: string): string {
  return text
    .replaceAll(/[™®©℠]/g, '')
    .normalize('NFKD')
    .replaceAll(/['’`\p{M}]/gu, '')
    .normalize('NFC')
    .toLowerCase()
}

/** The words of a text in order, without Chinese stop words. */
export function tokenize(text: string): Word[] {
  return (normalise(text).match(tokenPattern) ?? []).flatMap((token) =>
    hanPattern.test(token) ? hanWords(token) : [nonHanWord(token)],
  )
}

// The English stemmer does not stem plurals without a vowel: TVs, PCs, DVDs.
const abbreviatedPlural = /^([b-df-hj-np-tv-xz]{2,4})s$/

function nonHanWord(token: string): Word {
  const lexemes = token.split(/[-‐‑]/).map((lexeme) => lexeme.replace(abbreviatedPlural, '$1'))
  return { text: lexemes.join(''), lexemes, isHan: false }
}

/**
 * Segments a run of Han characters and merges what ICU splits too finely. Consecutive single characters form one word
 * (鼠|标). A lone character is appended to the word before it (充电|宝), or prepended to the first word of the phrase.
 */
function hanWords(run: string): Word[] {
  const words: string[] = []
  let singles: string[] = []
  let isPhraseStart = true
  const flushSingles = () => {
    if (singles.length === 1 && !isPhraseStart) words.push(`${words.pop() ?? ''}${singles[0]}`)
    else if (singles.length > 0) words.push(singles.join(''))
    singles = []
  }
  for (const { segment } of segmenter.segment(run)) {
    if (hanStopWords.has(segment)) {
      flushSingles()
      isPhraseStart = true
    } else if ([...segment].length === 1) {
      singles.push(segment)
    } else {
      const hasPrefix = singles.length === 1 && isPhraseStart
      const prefix = hasPrefix ? singles.splice(0).join('') : ''
      flushSingles()
      words.push(prefix + segment)
      isPhraseStart = false
    }
  }
  flushSingles()
  return words.map((text) => ({ text, lexemes: bigramsOf(text), isHan: true }))
}

/** Overlapping character bigrams; a single character is returned unchanged. */
function bigramsOf(text: string): string[] {
  const characters = [...text]
  if (characters.length < 2) return characters
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`)
}

/** Text for `to_tsvector`. A compound is indexed by its parts and as one word. */
export const tsVectorText = (words: Word[]): string =>
  words.flatMap(({ text, lexemes, isHan }) => (isHan || lexemes.length === 1 ? lexemes : [...lexemes, text])).join(' ')

/** Text for `to_tsvector` with all Han characters and bigrams, so that a query segmented differently still matches. */
export function hanNgrams(text: string): string {
  const runs = normalise(text).match(/\p{Script=Han}+/gu) ?? []
  return [...new Set(runs.flatMap((run) => [...run, ...bigramsOf(run)]))].join(' ')
}

/**
 * Head words: the last word of each phrase, which in both languages usually names the thing itself. Phrases end at
 * punctuation and "and". Text after "for", "with" or "compatible" describes something else and is ignored.
 */
export function headWords(text: string): Word[] {
  const subject = text.split(/\b(?:for|with|compatible)\b|适用/i)[0] ?? ''
  return subject.split(/\s[-–—]\s|[,，、|(（)）/&+:：]|\band\b|[与和]/i).flatMap((phrase) => tokenize(phrase).slice(-1))
}

export interface TsQueryOptions {
  /** Whether the last word also matches as a prefix. */
  isPrefix?: boolean
  /** Weights to match, such as `AB`; all when empty. */
  weights?: string
}

/** Text for `to_tsquery` that requires every word. Words hold only letters, digits and points, so quoting is safe. */
export function tsQueryText(words: Word[], { isPrefix = false, weights = '' }: TsQueryOptions = {}): string {
  return words
    .map(({ text, lexemes, isHan }, index) => {
      const operand = (lexeme: string, matchesPrefix: boolean) => {
        const flags = `${matchesPrefix ? '*' : ''}${weights}`
        return flags === '' ? `'${lexeme}'` : `'${lexeme}':${flags}`
      }
      const isPrefixWord = isPrefix && index === words.length - 1
      const all = lexemes.map((lexeme, at) => operand(lexeme, isPrefixWord && at === lexemes.length - 1)).join(' & ')
      return isHan || lexemes.length === 1 ? `(${all})` : `((${all}) | ${operand(text, isPrefixWord)})`
    })
    .join(' & ')
}

/**
 * Cuts text into words, the same way for what is indexed and for what is asked. English stems are left to Postgres.
 * Chinese is segmented by ICU, whose choice of words depends on the text around them: what is compared is therefore
 * always pairs of characters, and segmentation only says which pairs matter.
 */

export interface Word {
  /** As people write it, normalised: `wifi` for "Wi-Fi", `充电宝`. */
  text: string
  /** What must all be found: `wi` and `fi`; `充电` and `电宝`. */
  lexemes: string[]
  isHan: boolean
}

const segmenter = new Intl.Segmenter('zh', { granularity: 'word' })
// Words that stand in nearly every Chinese text and say nothing of the thing.
const hanStopWords = new Set('的了和与及或是在等把被之而且也都很')
const tokenPattern =
  /\p{Script=Han}+|[[\p{L}\p{N}]--\p{Script=Han}]+(?:(?:(?<=\p{N})\.(?=\p{N})|[\-‐‑])[[\p{L}\p{N}]--\p{Script=Han}]+)*/gv
const hanPattern = /^\p{Script=Han}/v

/** Lower case, compatibility forms folded (full-width, ligatures), accents and trade marks removed. */
export function normalise(text: string): string {
  return text
    .replaceAll(/[™®©℠]/g, '')
    .normalize('NFKD')
    .replaceAll(/['’`\p{M}]/gu, '')
    .normalize('NFC')
    .toLowerCase()
}

export function wordsOf(text: string): Word[] {
  return (normalise(text).match(tokenPattern) ?? []).flatMap((token) =>
    hanPattern.test(token) ? hanWords(token) : [plainWord(token)],
  )
}

// The English stemmer leaves plurals without a vowel as they are: TVs, PCs, DVDs.
const abbreviatedPlural = /^([b-df-hj-np-tv-xz]{2,4})s$/

function plainWord(token: string): Word {
  const lexemes = token.split(/[-‐‑]/).map((lexeme) => lexeme.replace(abbreviatedPlural, '$1'))
  return { text: lexemes.join(''), lexemes, isHan: false }
}

/**
 * Segments a run of Han characters and mends what ICU cuts too fine: single characters in a row are one word (鼠|标),
 * a lone one belongs to the word before it (充电|宝), at the beginning to the word after.
 */
function hanWords(run: string): Word[] {
  const words: string[] = []
  let singles: string[] = []
  let isPhraseStart = true
  const endSingles = () => {
    if (singles.length === 1 && !isPhraseStart) words.push(`${words.pop() ?? ''}${singles[0]}`)
    else if (singles.length > 0) words.push(singles.join(''))
    singles = []
  }
  for (const { segment } of segmenter.segment(run)) {
    if (hanStopWords.has(segment)) {
      endSingles()
      isPhraseStart = true
    } else if ([...segment].length === 1) {
      singles.push(segment)
    } else {
      const isLed = singles.length === 1 && isPhraseStart
      const lead = isLed ? singles.splice(0).join('') : ''
      endSingles()
      words.push(lead + segment)
      isPhraseStart = false
    }
  }
  endSingles()
  return words.map((text) => ({ text, lexemes: pairsOf(text), isHan: true }))
}

/** Overlapping pairs of characters; a single character stands for itself. */
function pairsOf(text: string): string[] {
  const characters = [...text]
  if (characters.length < 2) return characters
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`)
}

/** What to hand to `to_tsvector` for these words. */
export const indexText = (words: Word[]): string =>
  words.flatMap(({ text, lexemes, isHan }) => (isHan || lexemes.length === 1 ? lexemes : [...lexemes, text])).join(' ')

/** Pairs across word borders and single characters: found when a question is segmented otherwise, ranked least. */
export function loosePairs(text: string): string {
  const runs = normalise(text).match(/\p{Script=Han}+/gu) ?? []
  return [...new Set(runs.flatMap((run) => [...run, ...pairsOf(run)]))].join(' ')
}

/**
 * The nouns that name the thing, as far as word order tells: in both languages the last word of a phrase. Phrases end
 * at punctuation and "and"; what follows "for" or "with" is about something else.
 */
export function headWords(text: string): Word[] {
  const named = text.split(/\b(?:for|with|compatible)\b|适用/i)[0] ?? ''
  return named.split(/\s[-–—]\s|[,，、|(（)）/&+:：]|\band\b|[与和]/i).flatMap((phrase) => wordsOf(phrase).slice(-1))
}

export interface TsQueryOptions {
  /** The last word may be the beginning of one. */
  isPrefix?: boolean
  /** Only in parts of these weights. */
  weights?: string
}

/** Text for `to_tsquery`: all of the words. Words hold letters, digits and points alone, so quoting is safe. */
export function tsQueryText(words: Word[], { isPrefix = false, weights = '' }: TsQueryOptions = {}): string {
  return words
    .map(({ text, lexemes, isHan }, index) => {
      const mark = (lexeme: string, isOpen: boolean) => {
        const flags = `${isOpen ? '*' : ''}${weights}`
        return flags === '' ? `'${lexeme}'` : `'${lexeme}':${flags}`
      }
      const isOpen = isPrefix && index === words.length - 1
      const all = lexemes.map((lexeme, at) => mark(lexeme, isOpen && at === lexemes.length - 1)).join(' & ')
      return isHan || lexemes.length === 1 ? `(${all})` : `((${all}) | ${mark(text, isOpen)})`
    })
    .join(' & ')
}

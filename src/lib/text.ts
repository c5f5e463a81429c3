import { find } from 'linkifyjs'

/** Text that people type: its normal form, what of it cannot be seen, and what in it a mail client makes a link of. */

const blank = '[\\p{White_Space}\\u200b\\u2060\\ufeff]'
const blanksAround = new RegExp(`^${blank}+|${blank}+$`, 'gu')

/** Text in the form in which it is stored and compared: NFC (UAX 15), without blanks around it, lines ended by `\n`. */
export const normaliseText = (text: string): string =>
  text.replaceAll('\r\n', '\n').normalize('NFC').replace(blanksAround, '')

/** A character can be long: a family of emoji is one character of 15 UTF-16 units. */
const unitsPerCharacterMax = 16

/**
 * Whether the text is too long for `max` characters on the face of it. Other text must not be normalised: that takes
 * time with the square of a run of combining marks. 30 are the most of the Stream-Safe Text Format (UAX 15).
 */
export const isTooCostly = (text: string, max: number): boolean =>
  text.length > max * unitsPerCharacterMax || /\p{M}{31}/u.test(text)

const segmenter = new Intl.Segmenter()

/** Whether the text has more characters than `max`, as a reader counts them (extended grapheme clusters, UAX 29). */
export function isLonger(text: string, max: number): boolean {
  if (text.length <= max) return false
  let count = 0
  for (const _ of segmenter.segment(text)) if ((count += 1) > max) return true
  return false
}

/** Control, format and filler characters, marks of direction, lone surrogates, noncharacters. */
const hidden =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u2800\ufff9-\ufffb]/u

/** Scripts whose letters are shaped by joiners. */
const shaped = ['Arab', 'Syrc', 'Nkoo', 'Mand', 'Mong', 'Deva', 'Beng', 'Guru', 'Gujr', 'Orya', 'Taml']
  .concat(['Telu', 'Knda', 'Mlym', 'Sinh', 'Khmr', 'Mymr', 'Tibt', 'Java', 'Bali', 'Newa'])
  .map((script) => `\\p{Script_Extensions=${script}}`)
  .join('')

/** Invisible characters that change what is read: each only where its script or emoji takes one. */
const meaningful = new RegExp(
  [
    // Joiners (Persian, the scripts of India): RFC 5892, appendix A, allows them in names of hosts too.
    `(?<=[${shaped}])[\\u200c\\u200d](?!\\p{Bidi_Control}|[\\u200c\\u200d])`,
    // Emoji: sequences, presentation, keycaps, flags of regions (UTS 51).
    '(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f])\\u200d(?=\\p{Extended_Pictographic})',
    '(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}])[\\ufe0e\\ufe0f]',
    '(?<=[0-9#*])\\ufe0f(?=\\u20e3)',
    '(?<=\\u{1f3f4})[\\u{e0030}-\\u{e0039}\\u{e0061}-\\u{e007a}]{1,6}\\u{e007f}',
    // Variants of ideographs, in Japanese and Chinese names (UTS 37), and of Mongolian letters.
    '(?<=\\p{Script=Han})[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]',
    '(?<=\\p{Script=Mong})[\\u180b-\\u180f]',
  ].join('|'),
  'gu',
)

/** Whether the text has characters that a reader does not see, other than those its script or emoji needs. */
export function hasHidden(text: string, { isMultiline = false } = {}): boolean {
  const visible = isMultiline ? text.replaceAll('\n', ' ') : text
  return hidden.test(visible) && hidden.test(visible.replace(meaningful, ''))
}

/** Names that are reserved (RFC 2606, 6761, 7686), which no list of top-level domains holds, and IPv4 addresses. */
const unlisted =
  /[\p{L}\p{N}]\.(?:example|test|invalid|localhost|local|internal|lan|home|onion)(?![\p{L}\p{N}])|(?:\d+\.){3}\d/iu

/** An initial or a title that touches the name after it, such as `A.Ng` or `Dr.med`: no domain that can be had. */
const initial = /^\p{Lu}\p{L}?\.\p{L}+$/u

/** Whether the text holds a web or e-mail address, or a domain that mail clients make a link of. */
export function hasLink(text: string): boolean {
  // Browsers take full-width forms and the ideographic full stop for the signs of an address.
  const plain = text.normalize('NFKC').replaceAll('。', '.')
  if (!/[.:@]/.test(plain)) return false
  if (/:\/\/|@|\bwww\./i.test(plain) || unlisted.test(plain)) return true
  return find(plain).some(({ value }) => value.includes('.') && !initial.test(value))
}

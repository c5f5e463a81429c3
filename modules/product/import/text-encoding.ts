import { isUtf8 } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { analyse, type EncodingName } from 'chardet'
import { fileError } from './file-error.ts'

const chunkBytes = 64 * 1024
const newline = 0x0a
/** Bytes of words in another encoding than ASCII that are enough to recognise it. */
const sampleBytes = 32 * 1024

/**
 * Label of the file's encoding, for `TextDecoder`: by its byte order mark, else UTF-8 if all of it is, else the one that
 * chardet recognises, if that is beyond doubt. A wrong guess would put unreadable text into the shop.
 * @throws AppError `bad_input` with the line and the remedy when the encoding is in doubt.
 */
export async function detectEncoding(handle: FileHandle, path: string): Promise<string> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0)
  const utf16 = utf16Of(buffer.subarray(0, bytesRead))
  if (utf16 !== null) return utf16
  const scan = await scanWords(handle)
  if (scan === null) return 'utf-8'
  const guess = scan.isTruncated ? null : recognise(scan.words)
  if (guess?.isCertain === true) return guess.label
  const hint = guess === null ? '' : `, perhaps ${guess.label}`
  const remedy = guess === null ? '' : ', or name its encoding with --encoding'
  throw fileError(
    `is not UTF-8 text: line ${scan.line} holds bytes of another encoding${hint}; save it as CSV UTF-8${remedy}`,
    { path },
  )
}

/** UTF-16 by its byte order mark, or by the zero bytes of the ASCII column names; null for anything else. */
function utf16Of(head: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  const zeros = [0, 0]
  for (const [index, byte] of head.entries()) if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  if (odd > head.length / 4 && even === 0) return 'utf-16le'
  return even > head.length / 4 && odd === 0 ? 'utf-16be' : null
}

interface Scan {
  /** First line that is not UTF-8. */
  line: number
  /** The file is UTF-8 that ends within a character. */
  isTruncated: boolean
  /** Words with bytes outside ASCII, separated by spaces. */
  words: Buffer
}

/** Reads the whole file; null if it is UTF-8. */
async function scanWords(handle: FileHandle): Promise<Scan | null> {
  const words: Buffer[] = []
  let [position, line, wordBytes] = [0, 1, 0]
  let invalidLine: number | null = null
  let isTruncated = false
  let rest: Buffer = Buffer.alloc(0)
  for (let isLast = false; !isLast;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position)
    position += bytesRead
    isLast = bytesRead === 0
    const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    // A character may span two chunks, but no character holds a newline, in any encoding that is an extension of ASCII.
    const end = isLast || bytes.length > 4 * chunkBytes ? bytes.length : bytes.lastIndexOf(newline) + 1
    rest = Buffer.from(bytes.subarray(end))
    const whole = bytes.subarray(0, end)
    if (isUtf8(whole) && invalidLine === null) {
      line += countLines(whole)
      if (wordBytes < sampleBytes) wordBytes += collectWords(whole, words)
      continue
    }
    if (invalidLine === null) {
      const [at, isEnd] = firstInvalidLine(whole)
      invalidLine = line + at
      isTruncated = isLast && isEnd
    }
    if (wordBytes < sampleBytes) wordBytes += collectWords(whole, words)
    if (wordBytes >= sampleBytes) break
  }
  return invalidLine === null ? null : { line: invalidLine, isTruncated, words: Buffer.concat(words) }
}

export function countLines(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) lines += 1
  return lines
}

/** Index of the first line that is not UTF-8, and whether it only ends too early. */
function firstInvalidLine(bytes: Buffer): [index: number, isTruncated: boolean] {
  for (let index = 0, from = 0; ; index += 1) {
    const end = bytes.indexOf(newline, from)
    const text = bytes.subarray(from, end < 0 ? bytes.length : end)
    if (!isUtf8(text)) return [index, end < 0 && isTruncatedUtf8(text)]
    if (end < 0) return [index, false]
    from = end + 1
  }
}

function isTruncatedUtf8(text: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(text, { stream: true })
    return true
  } catch {
    return false
  }
}

/** Appends the words of `bytes` that have bytes outside ASCII, and returns their length. */
function collectWords(bytes: Buffer, words: Buffer[]): number {
  // As Latin-1 text, in which each byte is one character.
  const found = bytes.toString('latin1').match(/[a-z\u0080-\u00ff]*[\u0080-\u00ff][a-z\u0080-\u00ff]*/gi)
  if (found === null) return 0
  const joined = Buffer.from(`${found.join(' ')} `, 'latin1').subarray(0, sampleBytes)
  words.push(joined)
  return joined.length
}

const multibyte = new Set<EncodingName>(['GB18030', 'Big5', 'Shift_JIS', 'EUC-JP', 'EUC-KR'])
const western = new Set<EncodingName>(['ISO-8859-1', 'windows-1252'])

/** The most probable encoding; null for damaged UTF-8. */
function recognise(words: Buffer): { label: string; isCertain: boolean } | null {
  // chardet judges a short text badly, so that it is repeated.
  const sample = Buffer.concat(Array.from({ length: Math.ceil(2048 / words.length) }, () => words))
  const [best] = analyse(sample)
  if (best === undefined || best.name === 'UTF-8') return null
  if (multibyte.has(best.name))
    return { label: best.name.toLowerCase(), isCertain: best.name === 'GB18030' && best.confidence >= 50 }
  const isWestern = analyse(sample).some(({ name }) => western.has(name)) && isWesternText(words)
  return isWestern ? { label: 'windows-1252', isCertain: true } : { label: best.name.toLowerCase(), isCertain: false }
}

/** Letters and signs of Western European languages. The letters of windows-1250 and -1254 would become others. */
const westernOnly = /^[\p{ASCII}\u00a0àáâãäåæçèéêëìíîïñòóôõöøœšùúûüÿžß¡¿«»‹›‘’‚“”„–—…•·°ºª®©™€£¥§²³µ½¼¾×±´¨¢ˆ˜†‡]*$/iu

function isWesternText(words: Buffer): boolean {
  const text = new TextDecoder('windows-1252').decode(words)
  // In a Western word, letters outside ASCII stand among those of ASCII.
  const foreign = text.split(' ').filter((word) => /^[^\p{ASCII}]*\p{L}[^\p{ASCII}]*$/u.test(word) && word.length > 1)
  return westernOnly.test(text) && foreign.length === 0
}

/**
 * Fewest bits and fewest different characters of a secret, and the share of neighbours from which a text is a sequence.
 * 32 random hexadecimal digits have about 14 different characters, 117 bits by their own frequencies, and neighbours
 * in 18 % of the steps. Each bound refuses less than one in a billion of them.
 */
const bitsMin = 72
const distinctMin = 7
const neighboursMax = 0.75

/**
 * Whether a secret is easy to guess: a short text repeated, characters in order, or few different ones. An estimate from
 * above: a text that passes may still be in a dictionary.
 */
export function isWeakSecret(secret: string): boolean {
  const counts = new Map<string, number>()
  for (const character of secret) counts.set(character, (counts.get(character) ?? 0) + 1)
  const bits = [...counts.values()].reduce((sum, count) => sum + count * Math.log2(secret.length / count), 0)
  return counts.size < distinctMin || bits < bitsMin || isRepetition(secret) || isSequence(secret)
}

/** A unit of at most half of the text, repeated to its end. */
function isRepetition(text: string): boolean {
  // A text that repeats itself is found in itself, shifted by its unit.
  for (let unit = 1; unit <= text.length / 2; unit += 1) if (text.startsWith(text.slice(unit))) return true
  return false
}

/** Three of four characters, or more, are the neighbours of the ones before them: `abcdef`, `987654`. */
function isSequence(text: string): boolean {
  const steps = Array.from({ length: text.length - 1 }, (_, n) => text.charCodeAt(n + 1) - text.charCodeAt(n))
  return steps.filter((step) => Math.abs(step) <= 1).length > steps.length * neighboursMax
}

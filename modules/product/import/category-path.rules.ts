import { createHash } from 'node:crypto'
import type { CategoryDraft } from '../draft.contract.ts'
import { normalise } from '../search/tokenizer.rules.ts'
import { localeOf } from './language.rules.ts'
import { plainLine } from './plain-text.rules.ts'

const depthMax = 10
const nameMax = 255
const slugMax = 120
/** Position of imported categories: after those that were ordered by hand. */
const importedPosition = 1_000

/**
 * Categories of a path such as `Electronics > Audio > Headphones`, root first; a string is the reason why it is invalid.
 * A slug is made of the whole path (`electronics--audio--headphones`), so one name below two parents is two categories.
 */
export function categoryPath(text: string): CategoryDraft[] | string {
  const names = text
    .split('>')
    .map(plainLine)
    .filter((name) => name !== '')
  if (names.length > depthMax) return `has more than ${depthMax} levels`
  if (names.some((name) => name.length > nameMax)) return `has a name of more than ${nameMax} characters`
  const slugs = names.map((_, depth) =>
    bounded(
      names
        .slice(0, depth + 1)
        .map(slugOf)
        .join('--'),
    ),
  )
  return names.map((name, depth) => ({
    slug: slugs[depth] ?? '',
    name: { [localeOf(name)]: name },
    parent: slugs[depth - 1] ?? null,
    position: importedPosition,
  }))
}

/** Keeps letters and digits of any script, so that slugs of Chinese names stay readable; URLs percent-encode them. */
const slugOf = (name: string): string =>
  normalise(name)
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '') || digestOf(name)

const bounded = (slug: string): string =>
  slug.length <= slugMax ? slug : `${slug.slice(0, slugMax - 9).replace(/[\uD800-\uDBFF]$/, '')}-${digestOf(slug)}`

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)

import { createHash } from 'node:crypto'
import type { CategoryDraft } from '../draft.contract.ts'
import { normalise } from '../search/words.ts'
import { localeOf } from './cells.ts'
import { plainLine } from './plain-text.ts'

const depthMax = 10
const nameMax = 200
const slugMax = 120
/** Behind the categories that somebody has put in order. */
const importedPosition = 1_000

/**
 * `Electronics > Audio > Headphones` as categories, the root first, or the reason why not. The slug is the path's own
 * (`electronics--audio--headphones`): the same name below two parents is two categories, and no file changes either.
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

/** Letters and digits of any script stay (an address percent-encodes them), so Chinese names have slugs people can read. */
const slugOf = (name: string): string =>
  normalise(name)
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '') || digestOf(name)

const bounded = (slug: string): string =>
  slug.length <= slugMax ? slug : `${slug.slice(0, slugMax - 9).replace(/[\uD800-\uDBFF]$/, '')}-${digestOf(slug)}`

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)

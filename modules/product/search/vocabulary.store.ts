import { sql } from 'drizzle-orm'
import type { Queryable } from '#db'
import { readCards } from '../catalog/product-card.view.ts'
import type { Suggestions } from '../contract.ts'
import { sqlPriceIn, type Localisation } from '../catalog/localisation.rules.ts'
import { tsQueryText, tokenize, type Word } from './tokenizer.rules.ts'

const suggestedTermsMax = 8
const suggestedProductsMax = 6
const termCandidatesMax = 24
/** Bounds the cost of one-letter and two-letter prefixes, which match a large share of all titles. */
const titleCandidatesMax = 1_000

/**
 * Spelling correction: replaces each word that no product contains by the most similar term of the vocabulary (trigram
 * similarity, then document frequency). Null when no word has such a replacement.
 */
export async function correctWords(query: Queryable, words: Word[]): Promise<{ words: Word[]; text: string } | null> {
  const checkable = words.filter(({ text, isHan }) => !isHan && text.length >= 4)
  if (checkable.length === 0) return null
  const checked = JSON.stringify(checkable.map((word) => ({ word: word.text, query: tsQueryText([word]) })))
  const { rows } = await query.execute<{ word: string; term: string }>(sql`
    select checked.word, closest.term
    from jsonb_to_recordset(${checked}::jsonb) as checked(word text, query text)
    cross join lateral (
      select t.term from product.search_term t where t.term % checked.word
      order by similarity(t.term, checked.word) desc, t.documents desc, t.term limit 1
    ) closest
    where not exists (select from product.search_document d where d.document @@ to_tsquery('english', checked.query))`)
  if (rows.length === 0) return null
  const terms = new Map(rows.map(({ word, term }) => [word, term]))
  const text = joinWords(words.map((word) => terms.get(word.text) ?? word.text))
  return { words: tokenize(text), text }
}

/** Autocomplete: products, and completions of the last word with which the whole query matches some product. */
export async function suggest(query: Queryable, q: string, localisation: Localisation): Promise<Suggestions> {
  const words = tokenize(q)
  if (words.length === 0) return { terms: [], products: [] }
  const [terms, products] = await Promise.all([
    completions(query, words),
    productsByTitlePrefix(query, words, localisation),
  ])
  return { terms, products }
}

async function completions(query: Queryable, words: Word[]): Promise<string[]> {
  const [before, last] = [words.slice(0, -1), words.at(-1)?.text ?? '']
  const terms = await completeWord(query, before, last)
  const tail = /^(?<head>\p{Script=Han}{2,})(?<next>\p{Script=Han})$/u.exec(last)?.groups
  if (terms.length > 0 || tail === undefined) return terms
  // The tokenizer appends a single Chinese character to the word before it, but here it may begin the next word: 无线耳.
  return completeWord(query, [...before, ...tokenize(tail['head'] ?? '')], tail['next'] ?? '')
}

async function completeWord(query: Queryable, before: Word[], last: string): Promise<string[]> {
  const { rows } = await query.execute<{ term: string }>(sql`
    select term, documents from product.search_term where term like ${`${last}%`} order by documents desc, term limit ${termCandidatesMax}`)
  const found = new Set(rows.map(({ term }) => term))
  const terms = [...found].filter((term) => !(term.endsWith('s') && found.has(term.slice(0, -1))))
  if (before.length === 0 || terms.length === 0) return terms.slice(0, suggestedTermsMax)
  const candidates = terms.map((term, ordinal) => ({
    term,
    ordinal,
    query: tsQueryText([...before, ...tokenize(term)]),
  }))
  const { rows: matching } = await query.execute<{ term: string }>(sql`
    select c.term from jsonb_to_recordset(${JSON.stringify(candidates)}::jsonb) as c(term text, query text, ordinal int)
    where exists (select from product.search_document d where d.document @@ to_tsquery('english', c.query))
    order by c.ordinal limit ${suggestedTermsMax}`)
  return matching.map(({ term }) => joinWords([...before.map(({ text }) => text), term]))
}

async function productsByTitlePrefix(query: Queryable, words: Word[], localisation: Localisation) {
  const prefixQuery = (some: Word[], weights: string) =>
    sql`to_tsquery('english', ${tsQueryText(some, { isPrefix: true, weights })})`
  const { rows } = await query.execute<{ id: string }>(sql`
    select product_id as id from (
      select product_id, title_length, named from product.search_document d
      where d.document @@ (select ${prefixQuery(words, '')}) and d.named @@ ${prefixQuery(words, 'D')}
        and ${sqlPriceIn('d.price_from', localisation)} is not null
      limit ${titleCandidatesMax}
    ) candidate
    order by named @@ ${prefixQuery(words.slice(-1), 'A')} desc, title_length, product_id limit ${suggestedProductsMax}`)
  return readCards(
    query,
    rows.map(({ id }) => id),
    localisation,
  )
}

/** Joins words with spaces, except between two Chinese words. */
const joinWords = (words: string[]): string =>
  words.join(' ').replaceAll(/(?<=\p{Script=Han}) (?=\p{Script=Han})/gu, '')

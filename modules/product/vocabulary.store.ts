import { sql } from 'drizzle-orm'
import type { Queryable } from '#db'
import { readCards } from './card.ts'
import type { Suggestions } from './contract.ts'
import { sqlPriceIn, type View } from './view.ts'
import { tsQueryText, wordsOf, type Word } from './words.ts'

const suggestedTerms = 8
const suggestedProducts = 6
const termCandidates = 24

/**
 * Replaces each word that stands in no product by the likest word of the vocabulary (three-letter likeness, the more
 * frequent of equals). Null when there is nothing to replace or nothing alike.
 */
export async function correctWords(query: Queryable, words: Word[]): Promise<{ words: Word[]; text: string } | null> {
  const doubtful = words.filter(({ text, isHan }) => !isHan && text.length >= 4)
  if (doubtful.length === 0) return null
  const asked = JSON.stringify(doubtful.map((word) => ({ word: word.text, question: tsQueryText([word]) })))
  const { rows } = await query.execute<{ word: string; term: string }>(sql`
    select asked.word, likest.term
    from jsonb_to_recordset(${asked}::jsonb) as asked(word text, question text)
    cross join lateral (
      select t.term from product.search_term t where t.term % asked.word
      order by similarity(t.term, asked.word) desc, t.documents desc, t.term limit 1
    ) likest
    where not exists (select from product.search_document d where d.document @@ to_tsquery('english', asked.question))`)
  if (rows.length === 0) return null
  const terms = new Map(rows.map(({ word, term }) => [word, term]))
  const text = joinWords(words.map((word) => terms.get(word.text) ?? word.text))
  return { words: wordsOf(text), text }
}

/** How the question may go on: completions of its last word that, with the words before it, find something; and products. */
export async function suggest(query: Queryable, q: string, view: View): Promise<Suggestions> {
  const words = wordsOf(q)
  const last = words.at(-1)
  if (last === undefined) return { terms: [], products: [] }
  const before = words.slice(0, -1)
  const [terms, products] = await Promise.all([completeWord(query, before, last), titlesBeginning(query, words, view)])
  return { terms: terms.map((term) => joinWords([...before.map(({ text }) => text), term])), products }
}

async function completeWord(query: Queryable, before: Word[], last: Word): Promise<string[]> {
  const { rows } = await query.execute<{ term: string }>(sql`
    select term, documents from product.search_term where term like ${`${last.text}%`} order by documents desc, term limit ${termCandidates}`)
  const terms = rows.map(({ term }) => term).filter((term, index, all) => !all.slice(0, index).some((other) => isPluralOf(term, other)))
  if (before.length === 0 || terms.length === 0) return terms.slice(0, suggestedTerms)
  const candidates = terms.map((term, place) => ({ term, place, question: tsQueryText([...before, ...wordsOf(term)]) }))
  const { rows: fruitful } = await query.execute<{ term: string }>(sql`
    select c.term from jsonb_to_recordset(${JSON.stringify(candidates)}::jsonb) as c(term text, question text, place int)
    where exists (select from product.search_document d where d.document @@ to_tsquery('english', c.question))
    order by c.place limit ${suggestedTerms}`)
  return fruitful.map(({ term }) => term)
}

async function titlesBeginning(query: Queryable, words: Word[], view: View) {
  const asked = tsQueryText(words, { isPrefix: true, weights: 'D' })
  const { rows } = await query.execute<{ id: string }>(sql`
    select product_id as id from product.search_document d
    where d.document @@ to_tsquery('english', ${tsQueryText(words, { isPrefix: true })}) and d.named @@ to_tsquery('english', ${asked}) and ${sqlPriceIn('d.price_from', view)} is not null
    order by d.named @@ to_tsquery('english', ${tsQueryText(words.slice(-1), { isPrefix: true, weights: 'A' })}) desc, title_length, product_id
    limit ${suggestedProducts}`)
  return readCards(query, rows.map(({ id }) => id), view)
}

const isPluralOf = (a: string, b: string): boolean => a === `${b}s` || b === `${a}s`

/** Chinese words stand together, others apart. */
const joinWords = (words: string[]): string => words.join(' ').replaceAll(/(?<=\p{Script=Han}) (?=\p{Script=Han})/gu, '')

import { sql } from 'drizzle-orm'
import type { Queryable } from '#db'
import { readCards } from '../catalog/card.ts'
import type { Suggestions } from '../contract.ts'
import { sqlPriceIn, type View } from '../catalog/view.ts'
import { tsQueryText, wordsOf, type Word } from './words.ts'

const suggestedTerms = 8
const suggestedProducts = 6
const termCandidates = 24
/** Of one or two letters so many titles begin that the first will do. */
const titleCandidates = 1_000

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
  if (words.length === 0) return { terms: [], products: [] }
  const [terms, products] = await Promise.all([completions(query, words), titlesBeginning(query, words, view)])
  return { terms, products }
}

async function completions(query: Queryable, words: Word[]): Promise<string[]> {
  const [before, last] = [words.slice(0, -1), words.at(-1)?.text ?? '']
  const terms = await completeWord(query, before, last)
  const tail = /^(?<head>\p{Script=Han}{2,})(?<next>\p{Script=Han})$/u.exec(last)?.groups
  if (terms.length > 0 || tail === undefined) return terms
  // A single Chinese character is taken to end the word before it, but here it may well begin the next: 无线耳.
  return completeWord(query, [...before, ...wordsOf(tail['head'] ?? '')], tail['next'] ?? '')
}

async function completeWord(query: Queryable, before: Word[], last: string): Promise<string[]> {
  const { rows } = await query.execute<{ term: string }>(sql`
    select term, documents from product.search_term where term like ${`${last}%`} order by documents desc, term limit ${termCandidates}`)
  const found = new Set(rows.map(({ term }) => term))
  const terms = [...found].filter((term) => !(term.endsWith('s') && found.has(term.slice(0, -1))))
  if (before.length === 0 || terms.length === 0) return terms.slice(0, suggestedTerms)
  const candidates = terms.map((term, place) => ({ term, place, question: tsQueryText([...before, ...wordsOf(term)]) }))
  const { rows: fruitful } = await query.execute<{ term: string }>(sql`
    select c.term from jsonb_to_recordset(${JSON.stringify(candidates)}::jsonb) as c(term text, question text, place int)
    where exists (select from product.search_document d where d.document @@ to_tsquery('english', c.question))
    order by c.place limit ${suggestedTerms}`)
  return fruitful.map(({ term }) => joinWords([...before.map(({ text }) => text), term]))
}

async function titlesBeginning(query: Queryable, words: Word[], view: View) {
  const asked = (some: Word[], weights: string) =>
    sql`to_tsquery('english', ${tsQueryText(some, { isPrefix: true, weights })})`
  const { rows } = await query.execute<{ id: string }>(sql`
    select product_id as id from (
      select product_id, title_length, named from product.search_document d
      where d.document @@ (select ${asked(words, '')}) and d.named @@ ${asked(words, 'D')}
        and ${sqlPriceIn('d.price_from', view)} is not null
      limit ${titleCandidates}
    ) begun
    order by named @@ ${asked(words.slice(-1), 'A')} desc, title_length, product_id limit ${suggestedProducts}`)
  return readCards(
    query,
    rows.map(({ id }) => id),
    view,
  )
}

/** Chinese words stand together, others apart. */
const joinWords = (words: string[]): string =>
  words.join(' ').replaceAll(/(?<=\p{Script=Han}) (?=\p{Script=Han})/gu, '')

import { sql } from 'drizzle-orm'
import type { Queryable } from '#db'
import type { ProductDraft, Text } from '../draft.contract.ts'
import { headWords, tsVectorText, hanNgrams, tokenize } from './tokenizer.rules.ts'

/** Version of the document format. A higher version makes the next import rebuild every document that it saves. */
export const indexVersion = 1

/** Longest part of a description that is indexed per language, in characters. */
const descriptionMax = 5_000
/** Longest text of options and attributes that is indexed per product, in characters. */
const propertiesMax = 10_000

interface SourceProduct {
  [column: string]: unknown
  id: string
  brand: string | null
  title: Text
  description: Text
  options: ProductDraft['options']
  attributes: ProductDraft['attributes']
  skus: string[] | null
  leaves: { id: string; name: Text }[] | null
  ancestors: Text[] | null
}

/**
 * Rebuilds the search documents of these products, one per active product, and updates the term counts of the
 * vocabulary. Runs in the transaction that changed the products, which must hold `lockCatalog`.
 */
export async function indexProducts(tx: Queryable, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  const documents = (await readSources(tx, ids)).map(buildDocument)
  const { rows: outdated } = await tx.execute<{ terms: string[] }>(sql`
    delete from product.search_document where product_id = any(${sql.param(ids)}::uuid[]) returning terms`)
  await tx.execute(sql`
    insert into product.search_document (product_id, document, named, title_length, brand, category_ids, price_from, terms)
    select p.id,
      setweight(to_tsvector('english', d.a), 'A') || setweight(to_tsvector('english', d.b), 'B') ||
      setweight(to_tsvector('english', d.c), 'C') || setweight(to_tsvector('english', d.d), 'D'),
      setweight(to_tsvector('english', d.title_heads), 'A') || setweight(to_tsvector('english', d.category_heads), 'B') ||
      setweight(to_tsvector('english', d.brand), 'C') || to_tsvector('english', d.a),
      d.title_length, p.brand,
      array(select category_id from product.product_category c where c.product_id = p.id order by c.position), p.price_from, d.terms
    from jsonb_to_recordset(${JSON.stringify(documents)}::jsonb)
      as d(id uuid, a text, b text, c text, d text, title_heads text, category_heads text, brand text, title_length int, terms text[])
    join product.product p on p.id = d.id`)
  await updateTermCounts(
    tx,
    outdated.flatMap(({ terms }) => terms),
    documents.flatMap(({ terms }) => terms),
  )
}

async function readSources(tx: Queryable, ids: string[]): Promise<SourceProduct[]> {
  const { rows } = await tx.execute<SourceProduct>(sql`
    select p.id, p.brand, p.title, p.description, p.options, p.attributes,
      (select jsonb_agg(v.sku) from product.variant v where v.product_id = p.id) as skus,
      (select jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name) order by pc.position)
        from product.product_category pc join product.category c on c.id = pc.category_id where pc.product_id = p.id) as leaves,
      (with recursive above as (
          select c.parent_id from product.product_category pc join product.category c on c.id = pc.category_id where pc.product_id = p.id
          union select c.parent_id from above join product.category c on c.id = above.parent_id
        ) select jsonb_agg(c.name) from above join product.category c on c.id = above.parent_id) as ancestors
    from product.product p where p.id = any(${sql.param(ids)}::uuid[]) and p.status = 'active'`)
  return rows
}

function buildDocument(source: SourceProduct) {
  const leaves = (source.leaves ?? []).map(({ name }) => name)
  const titles = texts(source.title)
  const brandAndCategories = [source.brand ?? '', ...leaves.flatMap(texts)]
  const properties = limitLength([
    ...source.options.flatMap(({ name, values }) => [name, ...values].flatMap(texts)),
    ...source.attributes.flatMap(({ name, value }) => [name, value].flatMap(texts)),
  ])
  const ancestors = (source.ancestors ?? []).flatMap(texts)
  const description = texts(source.description).map((text) => text.slice(0, descriptionMax))
  return {
    id: source.id,
    a: tsVectorText(titles.flatMap(tokenize)),
    b: tsVectorText([...brandAndCategories, ...(source.skus ?? [])].flatMap(tokenize)),
    c: tsVectorText([...properties, ...ancestors].flatMap(tokenize)),
    d: `${tsVectorText(description.flatMap(tokenize))} ${hanNgrams([...titles, ...brandAndCategories, ...properties, ...description].join(' '))}`,
    title_heads: tsVectorText(titles.flatMap(headWords)),
    category_heads: tsVectorText(leaves.flatMap(texts).flatMap(headWords)),
    brand: tsVectorText(tokenize(source.brand ?? '')),
    title_length: tokenize(titles[0] ?? '').length,
    terms: termsOf([...titles, ...brandAndCategories, ...properties, ...ancestors]),
  }
}

const texts = ({ en, zh }: Text): string[] => [en, zh].filter((text) => text !== undefined)

/** Leading texts whose total length is at most `propertiesMax`. */
function limitLength(all: string[]): string[] {
  let length = 0
  return all.filter((text) => (length += text.length) <= propertiesMax)
}

/** Vocabulary terms of these texts: words worth suggesting, without numbers and fragments. */
function termsOf(sources: string[]): string[] {
  const terms = sources
    .flatMap(tokenize)
    .filter(({ text, isHan }) => (isHan ? /^.{2,12}$/u.test(text) : /^(?=.*\p{L}.*\p{L}).{3,40}$/u.test(text)))
  return [...new Set(terms.map(({ text }) => text))].toSorted()
}

async function updateTermCounts(tx: Queryable, removed: string[], added: string[]): Promise<void> {
  const changes = new Map<string, number>()
  for (const term of added) changes.set(term, (changes.get(term) ?? 0) + 1)
  for (const term of removed) changes.set(term, (changes.get(term) ?? 0) - 1)
  const changed = [...changes]
    .filter(([, documents]) => documents !== 0)
    .map(([term, documents]) => ({ term, documents }))
  if (changed.length === 0) return
  await tx.execute(sql`
    merge into product.search_term t
    using jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) as c(term text, documents int) on t.term = c.term
    when matched and t.documents + c.documents <= 0 then delete
    when matched then update set documents = t.documents + c.documents
    when not matched then insert (term, documents) values (c.term, c.documents)`)
}

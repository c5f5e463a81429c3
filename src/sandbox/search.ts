import { invalidRequest } from './api-error.ts'
import type { PaymentIntent } from './model.ts'

interface Clause {
  accepts: (intent: PaymentIntent) => boolean
  /** Set when the metadata index can find the intents that the clause accepts. */
  metadata?: { key: string; value: string }
}

/** A parsed search query. */
export interface SearchQuery {
  accepts: (intent: PaymentIntent) => boolean
  /** A metadata pair that every hit has, for use with the index. */
  metadata?: { key: string; value: string } | undefined
}

const clausePattern =
  /^(-?)([a-z_]+)(?:\[(["'])((?:(?!\3)[^\\]|\\.)*)\3\])?(:|>=|<=|>|<)(?:(["'])((?:(?!\6)[^\\]|\\.)*)\6|(-?\d+))(?:\s+(AND|OR)\s+|\s*$)/i

/**
 * Parses the part of Stripe's search language that a shop needs: `metadata["order_id"]:"7" AND status:"succeeded"`. `amount` and
 * `created` also support `>`, `>=`, `<` and `<=`; a minus negates a clause; clauses are joined by AND or by OR, not both.
 * @throws a 400 for any other query.
 */
export function parseSearch(query: string): SearchQuery {
  const clauses: Clause[] = []
  const connectives = new Set<string>()
  let rest = query.trim()
  let isOpen = true
  while (isOpen) {
    const match = clausePattern.exec(rest)
    if (!match) throw unparsable(query)
    const [whole, minus, field = '', , key, operator = '', , quoted, digits, connective] = match
    const value = quoted === undefined ? (digits ?? '') : unescape(quoted)
    const clause = clauseOf({ field, key: key === undefined ? undefined : unescape(key), operator, value })
    if (!clause) throw unparsable(query)
    clauses.push(minus === '-' ? { accepts: (intent) => !clause.accepts(intent) } : clause)
    if (connective) connectives.add(connective.toUpperCase())
    isOpen = connective !== undefined
    rest = rest.slice(whole.length)
  }
  if (connectives.size > 1) throw invalidRequest('A search query cannot combine AND and OR.', { param: 'query' })
  if (connectives.has('OR')) return { accepts: (intent) => clauses.some((clause) => clause.accepts(intent)) }
  return {
    accepts: (intent) => clauses.every((clause) => clause.accepts(intent)),
    metadata: clauses.find((clause) => clause.metadata)?.metadata,
  }
}

function clauseOf(words: {
  field: string
  key: string | undefined
  operator: string
  value: string
}): Clause | undefined {
  const { field, key, operator, value } = words
  if (field === 'metadata' && key !== undefined && operator === ':') {
    return { accepts: (intent) => intent.metadata[key] === value, metadata: { key, value } }
  }
  if (key !== undefined) return undefined
  if ((field === 'status' || field === 'currency') && operator === ':') {
    return { accepts: (intent) => intent[field] === value.toLowerCase() }
  }
  if ((field === 'amount' || field === 'created') && /^-?\d+$/.test(value)) {
    const bound = Number(value)
    const valueOf = (intent: PaymentIntent): number =>
      field === 'amount' ? intent.amount : Math.floor(intent.createdAtMs / 1000)
    const compare = comparisons[operator]
    return compare && { accepts: (intent) => compare(valueOf(intent), bound) }
  }
  return undefined
}

const comparisons: Record<string, (a: number, b: number) => boolean> = {
  ':': (a, b) => a === b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, '$1')
}

function unparsable(query: string): Error {
  const example = `metadata['order_id']:'7' AND status:'succeeded'`
  return invalidRequest(`We were unable to parse your search query: ${query.slice(0, 200)}. An example: ${example}`, {
    param: 'query',
  })
}

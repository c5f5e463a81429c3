import { invalidRequest } from './api-error.ts'
import type { Intent } from './model.ts'

interface Clause {
  accepts: (intent: Intent) => boolean
  /** Set where an index can find what the clause accepts. */
  metadata?: { key: string; value: string }
}

export interface SearchQuery {
  accepts: (intent: Intent) => boolean
  /** An exact metadata clause that every hit fulfils. */
  metadata?: { key: string; value: string } | undefined
}

const clausePattern =
  /^(-?)([a-z_]+)(?:\[(["'])((?:(?!\3)[^\\]|\\.)*)\3\])?(:|>=|<=|>|<)(?:(["'])((?:(?!\6)[^\\]|\\.)*)\6|(-?\d+))(?:\s+(AND|OR)\s+|\s*$)/i

/**
 * Stripe's search language as far as a shop needs it: `metadata["order_id"]:"7" AND status:"succeeded"`, with `amount` and
 * `created` also by `>`, `>=`, `<`, `<=`, a minus before a clause to negate it, and AND or OR, not both. Refuses the rest with 400.
 */
export function parseSearch(query: string): SearchQuery {
  const clauses: Clause[] = []
  const joints = new Set<string>()
  let rest = query.trim()
  let isOpen = true
  while (isOpen) {
    const match = clausePattern.exec(rest)
    if (!match) throw unreadable(query)
    const [whole, minus, field = '', , key, operator = '', , quoted, digits, joint] = match
    const value = quoted === undefined ? (digits ?? '') : unescape(quoted)
    const clause = clauseOf({ field, key: key === undefined ? undefined : unescape(key), operator, value })
    if (!clause) throw unreadable(query)
    clauses.push(minus === '-' ? { accepts: (intent) => !clause.accepts(intent) } : clause)
    if (joint) joints.add(joint.toUpperCase())
    isOpen = joint !== undefined
    rest = rest.slice(whole.length)
  }
  if (joints.size > 1) throw invalidRequest('A search query cannot combine AND and OR.', { param: 'query' })
  if (joints.has('OR')) return { accepts: (intent) => clauses.some((clause) => clause.accepts(intent)) }
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
    const valueOf = (intent: Intent): number =>
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

function unreadable(query: string): Error {
  const example = `metadata['order_id']:'7' AND status:'succeeded'`
  return invalidRequest(`We were unable to parse your search query: ${query.slice(0, 200)}. An example: ${example}`, {
    param: 'query',
  })
}

import { AppError } from '#errors'

/** Supported columns with their names in Shopify's export and in its newer template, compared case-insensitively. */
const columnNames = {
  handle: ['Handle', 'URL handle'],
  title: ['Title'],
  body: ['Body (HTML)', 'Description'],
  vendor: ['Vendor'],
  category: ['Product Category'],
  type: ['Type'],
  published: ['Published', 'Published on online store'],
  status: ['Status'],
  option1Name: ['Option1 Name'],
  option1Value: ['Option1 Value'],
  option2Name: ['Option2 Name'],
  option2Value: ['Option2 Value'],
  option3Name: ['Option3 Name'],
  option3Value: ['Option3 Value'],
  sku: ['Variant SKU', 'SKU'],
  quantity: ['Variant Inventory Qty', 'Inventory quantity'],
  price: ['Variant Price', 'Price'],
  compareAt: ['Variant Compare At Price', 'Compare-at price'],
  image: ['Image Src', 'Product image URL'],
  imagePosition: ['Image Position'],
  imageAlt: ['Image Alt Text'],
} as const satisfies Record<string, readonly [string, ...string[]]>

export type Column = keyof typeof columnNames

const required: Column[] = ['handle', 'title', 'price']

/** Column layout of one file. */
export interface Header {
  /** Number of cells that a row must have. */
  width: number
  has(column: Column): boolean
  /** The trimmed cell; empty if the file does not have the column. */
  cell(cells: string[], column: Column): string
  /** Name of the column in the file. */
  nameOf(column: Column): string
  isFirst(column: Column): boolean
}

/**
 * Parses the header row.
 * @throws AppError `bad_input` that names a missing or repeated column.
 */
export function readHeader(cells: string[]): Header {
  const names = cells.map((name) => name.trim())
  const indexes = new Map<Column, number>()
  for (const [column, aliases] of Object.entries(columnNames) as [Column, readonly string[]][]) {
    const known = new Set(aliases.map((alias) => alias.toLowerCase()))
    const [index, repeated] = names.flatMap((name, at) => (known.has(name.toLowerCase()) ? [at] : []))
    if (repeated !== undefined) throw headerError(`the column ${names[repeated]} is in the header twice`)
    if (index !== undefined) indexes.set(column, index)
  }
  const missing = required.filter((column) => !indexes.has(column)).map((column) => columnNames[column][0])
  if (missing.length > 0) throw headerError(`the header has no column ${missing.join(', ')}${separatorHint(names)}`)
  return {
    width: cells.length,
    has: (column) => indexes.has(column),
    cell: (row, column) => row[indexes.get(column) ?? -1]?.trim() ?? '',
    nameOf: (column) => names[indexes.get(column) ?? -1] ?? columnNames[column][0],
    isFirst: (column) => indexes.get(column) === 0,
  }
}

const headerError = (problem: string) =>
  new AppError('bad_input', {
    field: 'file',
    message: `This is not a Shopify product CSV: ${problem}. The first line must name the columns, including ${required.map((column) => columnNames[column][0]).join(', ')}.`,
  })

function separatorHint([only = '', ...others]: string[]): string {
  if (others.length > 0) return ''
  if (only.includes(';')) return ' (its columns are separated by semicolons: save it with commas)'
  return only.includes('\t') ? ' (its columns are separated by tabs: save it with commas)' : ''
}

import { AppError } from '#errors'

/** The columns that are read, by their names in Shopify's export and in its newer template; capitals do not matter. */
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

/** Where the columns of one file stand. */
export interface Header {
  /** Cells a row must have. */
  width: number
  has(column: Column): boolean
  /** The cell without the white space around it; empty where the file has no such column. */
  cell(cells: string[], column: Column): string
  /** As the file names it. */
  nameOf(column: Column): string
  isFirst(column: Column): boolean
}

/** @throws AppError `bad_input` that names the columns that are missing or stand there twice. */
export function readHeader(cells: string[]): Header {
  const names = cells.map((name) => name.trim())
  const places = new Map<Column, number>()
  for (const [column, aliases] of Object.entries(columnNames) as [Column, readonly string[]][]) {
    const known = new Set(aliases.map((alias) => alias.toLowerCase()))
    const [place, again] = names.flatMap((name, index) => (known.has(name.toLowerCase()) ? [index] : []))
    if (again !== undefined) throw headerProblem(`the column ${names[again]} stands in the header twice`)
    if (place !== undefined) places.set(column, place)
  }
  const missing = required.filter((column) => !places.has(column)).map((column) => columnNames[column][0])
  if (missing.length > 0) throw headerProblem(`the header has no column ${missing.join(', ')}${separatorHint(names)}`)
  return {
    width: cells.length,
    has: (column) => places.has(column),
    cell: (row, column) => row[places.get(column) ?? -1]?.trim() ?? '',
    nameOf: (column) => names[places.get(column) ?? -1] ?? columnNames[column][0],
    isFirst: (column) => places.get(column) === 0,
  }
}

const headerProblem = (problem: string) =>
  new AppError('bad_input', {
    field: 'file',
    message: `This is not a Shopify product CSV: ${problem}. The first line must name the columns, ${required.map((column) => columnNames[column][0]).join(', ')} among them.`,
  })

function separatorHint([only = '', ...others]: string[]): string {
  if (others.length > 0) return ''
  if (only.includes(';')) return ' (its columns are separated by semicolons: save it with commas)'
  return only.includes('\t') ? ' (its columns are separated by tabs: save it with commas)' : ''
}

import { AppError } from '#errors'
import { foreignExport } from './foreign-export.rules.ts'

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
  tracker: ['Variant Inventory Tracker', 'Inventory tracker'],
  policy: ['Variant Inventory Policy', 'Continue selling when out of stock'],
  quantity: ['Variant Inventory Qty', 'Inventory quantity'],
  price: ['Variant Price', 'Price'],
  compareAt: ['Variant Compare At Price', 'Compare-at price'],
  image: ['Image Src', 'Product image URL'],
  imagePosition: ['Image Position'],
  imageAlt: ['Image Alt Text'],
  variantImage: ['Variant Image', 'Variant image URL'],
} as const satisfies Record<string, readonly [string, ...string[]]>

export type Column = keyof typeof columnNames

const required: Column[] = ['handle', 'title', 'price']

const keyOf = (name: string): string => name.trim().toLowerCase()
const columnByKey = new Map(
  (Object.entries(columnNames) as [Column, readonly string[]][]).flatMap(([column, names]) =>
    names.map((name) => [keyOf(name), column] as const),
  ),
)

/** Column layout of one file. */
export interface Header {
  /** Number of columns. */
  width: number
  /** Columns with a name that the import does not read. */
  others: { index: number; name: string }[]
  has(column: Column): boolean
  /** The trimmed cell; empty if the file does not have the column. */
  cell(cells: string[], column: Column): string
  /** Name of the column in the file. */
  nameOf(column: Column): string
  /** Whether no cell of a row is beyond the last column. Empty cells at the end of a row may be missing or surplus. */
  fits(cells: string[]): boolean
  isFirst(column: Column): boolean
}

/** Number of cells that are the name of a supported column. */
export const countKnownColumns = (cells: string[]): number =>
  cells.filter((name) => columnByKey.has(keyOf(name))).length

/**
 * Parses the header row.
 * @throws AppError `bad_input` that names a missing or repeated column, or the system that the file comes from.
 */
export function readHeader(cells: string[]): Header {
  const names = cells.map((name) => name.trim())
  const indexes = new Map<Column, number>()
  for (const [index, name] of names.entries()) {
    const column = columnByKey.get(keyOf(name))
    if (column === undefined) continue
    if (indexes.has(column)) throw headerError(`the column ${name} is in the header twice`)
    indexes.set(column, index)
  }
  const missing = required.filter((column) => !indexes.has(column)).map((column) => columnNames[column][0])
  if (missing.length > 0) throw missingColumnsError(names, missing)
  const width = cells.length
  return {
    width,
    others: names.flatMap((name, index) => (name === '' || columnByKey.has(keyOf(name)) ? [] : [{ index, name }])),
    has: (column) => indexes.has(column),
    cell: (row, column) => row[indexes.get(column) ?? -1]?.trim() ?? '',
    nameOf: (column) => names[indexes.get(column) ?? -1] ?? columnNames[column][0],
    fits: (row) => row.length <= width || row.slice(width).every((cell) => cell.trim() === ''),
    isFirst: (column) => indexes.get(column) === 0,
  }
}

const requiredNames = required.map((column) => columnNames[column][0]).join(', ')

const headerError = (problem: string) =>
  new AppError('bad_input', {
    field: 'file',
    message: `This is not a Shopify product CSV: ${problem}. The first line must name the columns, including ${requiredNames}.`,
  })

function missingColumnsError(names: string[], missing: string[]): AppError {
  const foreign = foreignExport(names)
  if (foreign === null) return headerError(`the header has no column ${missing.join(', ')}`)
  const advice =
    foreign.kind === 'shop'
      ? `Only product CSVs in Shopify's format are read: rename its columns (${requiredNames}, ...), or convert it with a migration tool that writes Shopify's format`
      : 'Export the products instead: Products > Export, in Shopify'
  return new AppError('bad_input', {
    field: 'file',
    message: `This is ${foreign.name}. ${advice}. Nothing was imported.`,
  })
}

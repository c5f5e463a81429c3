export { importCatalog, type ImportOptions, type ImportProgress, type ImportReport } from './import-catalog.ts'
export type { Refusal } from './refusals.ts'

export { importCatalog, type ImportReport } from './import-catalog.ts'

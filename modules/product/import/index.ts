export { importCatalog } from './catalog-import.ts'

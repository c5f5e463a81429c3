export { addressLines } from './address-lines.ts'
export { addressRulesOf } from './address-rules.ts'
export { addressSchema } from './schema.ts'

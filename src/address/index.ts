export { addressLines } from './address-lines.ts'
export { addressRulesOf } from './address-rules.ts'
export { regionCode } from './check-address.ts'
export { addressSchema, addressSchemaWhere } from './schema.ts'

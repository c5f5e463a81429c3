import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { loadConfig } from '#config'
import { createLog } from '#telemetry'
import type { Fleet } from './fleet.ts'

/** Every procedure of the shop, read from its router, so that a new one is attacked without being listed. */

export interface Procedure {
  path: string
  type: 'query' | 'mutation' | 'subscription'
  /** Whether its schemas accept the input. */
  accepts(input: unknown): boolean
  /** One for each alternative of its input, with every field set to a plausible value. */
  samples: Sample[]
}

export interface Sample {
  input: Record<string, unknown>
  fields: Field[]
}

export interface Field {
  /** From the root of the input, such as `lines`, `0`, `sku`. */
  path: string[]
  kind: 'text' | 'choice' | 'integer' | 'flag' | 'list' | 'group'
  isRequired: boolean
}

interface JsonSchema {
  type?: string
  format?: string
  pattern?: string
  minimum?: number
  minLength?: number
  maxLength?: number
  enum?: unknown[]
  const?: unknown
  anyOf?: JsonSchema[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
}

/** @param values values of samples by field name */
export async function listProcedures(fleet: Fleet, values: Record<string, unknown> = {}): Promise<Procedure[]> {
  // Imported here, since loading the shop changes how the whole process parses numbers from Postgres.
  const { createApp } = await import('#app')
  const app = createApp({
    config: loadConfig(fleet.env),
    log: createLog('silent'),
    databaseUrl: fleet.databaseUrl,
    secretKey: 'only the router is looked at, nothing is signed',
    payment: { url: fleet.sandboxUrl, secretKey: 'sk_test_none', webhookSecret: undefined },
  })
  const procedures = app.router._def.procedures as unknown as Record<
    string,
    { _def: { type: Procedure['type']; inputs: z.ZodType[] } }
  >
  await app.close()
  return Object.entries(procedures).map(([path, { _def: definition }]) => {
    const [input] = definition.inputs
    if (input === undefined) throw new Error(`${path} does not check its input`)
    const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as JsonSchema
    return {
      path,
      type: definition.type,
      accepts: (value) => input.safeParse(value).success,
      samples: alternatives(schema).map((each) => ({
        input: sampleOf(each, { name: '', values }) as Record<string, unknown>,
        fields: fieldsOf(each, []),
      })),
    }
  })
}

const alternatives = (schema: JsonSchema): JsonSchema[] =>
  schema.anyOf?.filter(({ type }) => type !== 'null').flatMap(alternatives) ?? [schema]
const firstOf = (schema: JsonSchema): JsonSchema => alternatives(schema)[0] ?? schema

function sampleOf(schema: JsonSchema, about: { name: string; values: Record<string, unknown> }): unknown {
  const one = firstOf(schema)
  if (about.name in about.values) return about.values[about.name]
  if (one.const !== undefined) return one.const
  if (one.enum !== undefined) return one.enum[0]
  switch (one.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(one.properties ?? {}).map(([name, inner]) => [name, sampleOf(inner, { ...about, name })]),
      )
    case 'array':
      return [sampleOf(one.items ?? {}, { ...about, name: '' })]
    case 'integer':
    case 'number':
      return Math.max(1, one.minimum ?? 1)
    case 'boolean':
      return true
    default:
      return one.format === 'uuid' ? randomUUID() : 'x'.repeat(Math.max(1, one.minLength ?? 1))
  }
}

function fieldsOf(schema: JsonSchema, path: string[]): Field[] {
  const { properties = {}, required = [] } = schema
  return Object.entries(properties).flatMap(([name, inner]) =>
    fieldAndBelow(firstOf(inner), [...path, name], required.includes(name)),
  )
}

function fieldAndBelow(schema: JsonSchema, path: string[], isRequired: boolean): Field[] {
  const field = (kind: Field['kind']): Field => ({ path, kind, isRequired })
  if (schema.enum !== undefined || schema.const !== undefined) return [field('choice')]
  switch (schema.type) {
    case 'object':
      return [field('group'), ...fieldsOf(schema, path)]
    case 'array':
      return [field('list'), ...fieldAndBelow(firstOf(schema.items ?? {}), [...path, '0'], false)]
    case 'integer':
    case 'number':
      return [field('integer')]
    case 'boolean':
      return [field('flag')]
    default:
      return [field('text')]
  }
}

/** A copy of the input with another value at this path, or without it (undefined). */
export function withValue(input: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value
  const copy = (Array.isArray(input) ? [...(input as unknown[])] : { ...(input as object) }) as Record<string, unknown>
  copy[name] = withValue(copy[name], rest, value)
  return copy
}

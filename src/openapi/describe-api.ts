import { generateOpenAPIDocument } from '@trpc/openapi'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import manifest from '../../package.json' with { type: 'json' }
import { createApp } from '../app.ts'
import { loadConfig } from '../config.ts'
import { errorKinds } from '../errors.ts'
import type { Meta } from '../rpc/index.ts'
import { createLog } from '../telemetry/index.ts'

/**
 * OpenAPI 3.1 description of `/trpc`. Outputs and errors are the router's types, as the TypeScript compiler sees them;
 * inputs are the zod schemas that the server parses with; access is the procedures' meta data.
 */

type Json = Record<string, unknown>
type Type = 'query' | 'mutation' | 'subscription'

interface Procedure {
  path: string
  type: Type
  meta: Meta
  input: z.ZodType
}

export async function describeApi(): Promise<Json> {
  const router = fileURLToPath(new URL('../app.ts', import.meta.url))
  const typed = await generateOpenAPIDocument(router, {
    exportName: 'AppRouter',
    title: 'Holdfast',
    version: manifest.version,
  })
  const procedures = await listProcedures()
  const outputs = typed.paths as Record<string, { get?: Operation; post?: Operation }>
  const paths = procedures.map((procedure) => {
    const { path } = procedure
    return [`/trpc/${path}`, pathItem(procedure, outputs[`/${path}`])] as const
  })
  const inputs = procedures.map(({ path, input }) => [`${path}.input`, inputSchema(input)] as const)
  const document = {
    openapi: '3.1.1',
    info: {
      title: 'Holdfast',
      version: manifest.version,
      description: introduction,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The shop that serves this document.' }],
    tags: [...new Set(procedures.map(({ path }) => tagOf(path)))].map((name) => ({ name })),
    paths: Object.fromEntries(paths),
    components: {
      schemas: { ...typed.components?.schemas, ...Object.fromEntries(inputs) },
      responses: {
        Error: { ...typed.components?.responses?.['Error'], description: errorTable, headers: errorHeaders },
      },
      parameters: { AcceptLanguage: acceptLanguage },
      securitySchemes,
    },
  }
  return stable(document) as Json
}

interface Operation {
  summary?: string
  description?: string
  responses?: Record<string, unknown>
}

const introduction =
  `Procedures of tRPC, called by plain HTTP. A query is \`GET /trpc/{procedure}?input={JSON}\`, or a POST with the input as
its body, which keeps secrets out of URLs; a mutation is a POST. Money is in minor units (cents, fen), times are ISO 8601
in UTC. An order is placed by \`order.cart.create\`, \`order.checkout\` and \`order.place\`. The client \`holdfast/client\` has the
same procedures with types.`.replaceAll('\n', ' ')

const errorTable = [
  'An error; `error.data.error` is its code, and its message is in the language of the caller:',
  ...Object.entries(errorKinds).map(
    ([code, { status, message, isRetryable }]) =>
      `- \`${code}\` (${status}${isRetryable ? ', retryable' : ''}): ${message}`,
  ),
].join('\n')

const errorHeaders = {
  'x-request-id': {
    description: 'Identifies the call when it is reported to the staff of the shop.',
    schema: { type: 'string' },
  },
  'retry-after': { description: 'With status 503: seconds to wait.', schema: { type: 'integer' } },
}

const acceptLanguage = {
  name: 'accept-language',
  in: 'header',
  description: 'Language of messages, English or Chinese. The field `locale` of an input comes before it.',
  schema: { type: 'string' },
}

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', description: 'The `token` that `user.register` and `user.login` return.' },
  cookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'hf_session',
    description: 'The cookie that browsers get when they log in.',
  },
  orderToken: {
    type: 'apiKey',
    in: 'header',
    name: 'x-order-token',
    description:
      "The `accessToken` that `order.place` returns: a guest's access to the order. It can be sent in the input too.",
  },
}

async function listProcedures(): Promise<Procedure[]> {
  const app = createApp({
    config: loadConfig({}),
    log: createLog('silent'),
    databaseUrl: 'postgres://localhost/none',
    secretKey: 'only the router is looked at, nothing is signed',
    payment: { url: undefined, secretKey: 'sk_test_none', webhookSecret: undefined },
  })
  const procedures = app.router._def.procedures as unknown as Record<
    string,
    { _def: { type: Type; meta?: Meta; inputs: z.ZodType[] } }
  >
  await app.close()
  return Object.entries(procedures).map(([path, { _def: definition }]) => {
    const [input] = definition.inputs
    if (input === undefined) throw new Error(`${path} does not check its input`)
    return { path, type: definition.type, meta: definition.meta ?? {}, input }
  })
}

function inputSchema(input: z.ZodType): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' })
  return schema
}

const tagOf = (path: string): string => path.split('.').slice(0, -1).join('.')

function pathItem(
  { path, type, meta, input }: Procedure,
  typed: { get?: Operation; post?: Operation } | undefined,
): Json {
  const operation = typed?.get ?? typed?.post
  const schema = { $ref: `#/components/schemas/${path}.input` }
  const isRequired = !input.safeParse(undefined).success
  const common = {
    tags: [tagOf(path)],
    ...(operation?.description !== undefined && { description: operation.description }),
    security: securityOf(path, meta),
    responses: { ...(operation?.responses ?? streamResponses), default: { $ref: '#/components/responses/Error' } },
  }
  const get = {
    operationId: path,
    ...common,
    parameters: [
      { name: 'input', in: 'query', required: isRequired, content: { 'application/json': { schema } } },
      { $ref: '#/components/parameters/AcceptLanguage' },
    ],
  }
  const post = {
    operationId: type === 'query' ? `${path}.byPost` : path,
    ...common,
    parameters: [{ $ref: '#/components/parameters/AcceptLanguage' }],
    requestBody: { required: isRequired, content: { 'application/json': { schema } } },
  }
  switch (type) {
    case 'query':
      return { get, post }
    case 'mutation':
      return { post }
    case 'subscription':
      return { get }
  }
}

/** `order.watch`, the only subscription: its type is an iterator, which the compiler's view cannot describe. */
const streamResponses = {
  200: {
    description:
      'Server-sent events: `connected`; then, without a name, the order now and after each change (`data` is an Order as JSON, `id` its version, which `last-event-id` continues from); `ping` every 15 s; `serialized-error` (`data` is as `error` in an error response) and `return` end the stream.',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  },
}

function securityOf(path: string, { access }: Meta): Json[] {
  const session = [{ bearer: [] }, { cookie: [] }]
  if (access !== undefined) return session
  if (path.startsWith('product.')) return []
  const hasOrder = /^order\.(?:get|watch|pay|cancel)$/.test(path)
  return [{}, ...session, ...(hasOrder ? [{ orderToken: [] }] : [])]
}

/** The order of enums and schemas is that of the compiler's work: sorted, the same types give the same document. */
function stable(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => stable(item))
    return name === 'enum' || name === 'required'
      ? items.toSorted((a, b) => String(a).localeCompare(String(b), 'en'))
      : items
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, stable(inner, key)] as const)
  return Object.fromEntries(name === 'schemas' ? entries.toSorted(([a], [b]) => (a < b ? -1 : 1)) : entries)
}

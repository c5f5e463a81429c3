import { z } from 'zod'
import { invalidRequest } from './api-error.ts'
import { isCurrency, maximumOf, minimumOf, stepViolation } from './currencies.ts'
import { FormError, parseForm, type Form } from './form.ts'
import { cancellationReasons, captureMethods, refundReasons } from './model.ts'

/** Schemas of the parameters of each call. Parameters of Stripe without a meaning in the sandbox are listed and ignored. */

const fail = (ctx: z.RefinementCtx, message: string, code?: string): never => {
  ctx.addIssue({ code: 'custom', message, params: { code } })
  return z.NEVER
}

const integer = (min: number, max: number) =>
  z.string().transform((text, ctx) => {
    if (!/^-?\d{1,15}$/.test(text))
      return fail(ctx, `Invalid integer: ${text.slice(0, 40)}`, 'parameter_invalid_integer')
    const value = Number(text)
    if (value < min)
      return fail(ctx, `This value must be greater than or equal to ${min}.`, 'parameter_invalid_integer')
    if (value > max) return fail(ctx, `This value must be less than or equal to ${max}.`, 'amount_too_large')
    return value
  })

const amount = integer(1, 999_999_999_999)
const flag = z.enum(['true', 'false']).transform((text) => text === 'true')
const nonEmptyText = z.string().min(1, 'You passed an empty string.').max(5000)
/** A text whose empty value unsets the field. */
const clearableText = (max: number) =>
  z
    .string()
    .max(max)
    .transform((value) => (value === '' ? null : value))
const metadata = z
  .record(z.string().min(1).max(40), z.string().max(500))
  .refine((all) => Object.keys(all).length <= 50, 'Metadata can have at most 50 keys.')
  .transform((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')))
const returnUrl = z.url({ protocol: /^https?$/, error: 'Not a valid URL' }).max(2048)
const currency = z.string().transform((code, ctx) => {
  if (isCurrency(code.toLowerCase())) return code.toLowerCase()
  return fail(ctx, `Invalid currency: ${code.slice(0, 40)}. It must be a three-letter ISO 4217 code.`)
})

/** Accepted and ignored. */
const ignored = {
  payment_method_types: z.unknown().optional(),
  automatic_payment_methods: z.unknown().optional(),
  payment_method_options: z.unknown().optional(),
  statement_descriptor: z.unknown().optional(),
  statement_descriptor_suffix: z.unknown().optional(),
  shipping: z.unknown().optional(),
}

/** The `expand` parameter, restricted to these paths. */
const expandable = (...paths: [string, ...string[]]) =>
  z
    .record(z.string(), z.enum(paths))
    .transform((chosen) => Object.values(chosen))
    .optional()
const intentExpand = expandable('latest_charge', 'latest_charge.balance_transaction')

const confirmFields = {
  payment_method: nonEmptyText.optional(),
  return_url: returnUrl.optional(),
  off_session: flag.optional(),
  error_on_requires_action: flag.optional(),
  expand: intentExpand,
  receipt_email: clearableText(800).optional(),
}

export const createParams = z
  .strictObject({
    amount,
    currency,
    capture_method: z.enum(captureMethods).optional(),
    metadata: metadata.optional(),
    description: clearableText(1000).optional(),
    confirm: flag.optional(),
    ...confirmFields,
    ...ignored,
  })
  .superRefine(({ amount: charged, currency: of }, ctx) => {
    const reject = (message: string, code?: string) =>
      ctx.addIssue({ code: 'custom', path: ['amount'], message, params: { code } })
    const [min, max] = [minimumOf(of), maximumOf(of)]
    const violation = stepViolation(charged, of)
    if (violation !== undefined) reject(violation)
    else if (charged < min) reject(`Amount must be at least ${min} in the minor unit of ${of}.`, 'amount_too_small')
    else if (charged > max) reject(`This value must be less than or equal to ${max}.`, 'amount_too_large')
  })
export const confirmParams = z.strictObject({ ...confirmFields, ...ignored })
export const captureParams = z.strictObject({ amount_to_capture: amount.optional(), expand: intentExpand })
export const cancelParams = z.strictObject({
  cancellation_reason: z.enum(cancellationReasons).optional(),
  expand: intentExpand,
})
const refundExpand = expandable('charge', 'balance_transaction', 'payment_intent')
export const refundParams = z
  .strictObject({
    payment_intent: nonEmptyText.optional(),
    charge: nonEmptyText.optional(),
    amount: amount.optional(),
    reason: z.enum(refundReasons).optional(),
    metadata: metadata.optional(),
    expand: refundExpand,
  })
  .refine((params) => params.payment_intent !== undefined || params.charge !== undefined, {
    message: 'One of the following params should be provided for this request: payment_intent or charge.',
    params: { code: 'parameter_missing' },
  })

const second = integer(0, Number.MAX_SAFE_INTEGER)
const created = z.union([
  second.transform((at) => ({ gte: at, lte: at })),
  z.strictObject({ gt: second.optional(), gte: second.optional(), lt: second.optional(), lte: second.optional() }),
])
export type CreatedRange = Partial<Record<'gt' | 'gte' | 'lt' | 'lte', number | undefined>>
const limit = integer(1, 100).default(10)
const listFields = {
  limit,
  starting_after: nonEmptyText.optional(),
  ending_before: nonEmptyText.optional(),
  created: created.optional(),
}
export const intentParams = z.strictObject({ client_secret: nonEmptyText.optional(), expand: intentExpand })
export const refundReadParams = z.strictObject({ expand: refundExpand })
export const chargeReadParams = z.strictObject({ expand: expandable('balance_transaction', 'payment_intent') })
export const transactionReadParams = z.strictObject({ expand: expandable('source') })
export const disputeReadParams = z.strictObject({ expand: expandable('charge', 'payment_intent') })
export const intentListParams = z.strictObject({
  ...listFields,
  expand: expandable('data.latest_charge', 'data.latest_charge.balance_transaction'),
})
export const chargeOrRefundListParams = z.strictObject({
  ...listFields,
  payment_intent: nonEmptyText.optional(),
  charge: nonEmptyText.optional(),
  expand: expandable('data.balance_transaction', 'data.payment_intent'),
})
export const transactionListParams = z.strictObject({
  ...listFields,
  type: z.enum(['charge', 'refund', 'refund_failure', 'adjustment']).optional(),
  source: nonEmptyText.optional(),
  expand: expandable('data.source'),
})
export const searchParams = z.strictObject({
  query: nonEmptyText,
  limit,
  page: nonEmptyText.optional(),
  expand: expandable('data.latest_charge'),
})

/** Parses a body or query string. Throws an ApiError in Stripe's words that names the invalid parameter. */
export function parseParams<Schema extends z.ZodType>(schema: Schema, encoded: string): z.output<Schema> {
  let form: Form
  try {
    form = parseForm(encoded)
  } catch (error) {
    if (error instanceof FormError) throw invalidRequest(error.message, { param: error.param })
    throw error
  }
  const parsed = schema.safeParse(form)
  if (parsed.success) return parsed.data
  throw validationError(parsed.error.issues[0], form)
}

function validationError(issue: z.core.$ZodIssue | undefined, form: Form): Error {
  if (!issue) return invalidRequest('Invalid parameters.')
  if (issue.code === 'unrecognized_keys') {
    const param = paramName([...issue.path, issue.keys[0] ?? ''])
    return invalidRequest(`Received unknown parameter: ${param}`, { code: 'parameter_unknown', param })
  }
  const param = paramName(issue.path)
  const detail = param === '' ? {} : { param }
  if (issue.code === 'invalid_type' && !(String(issue.path[0]) in form)) {
    return invalidRequest(`Missing required param: ${param}.`, { code: 'parameter_missing', param })
  }
  if (issue.code === 'invalid_value') {
    return invalidRequest(`Invalid ${param}: must be one of ${issue.values.map(String).join(', ')}`, detail)
  }
  const code: unknown = issue.code === 'custom' ? issue.params?.['code'] : undefined
  const isEmpty = issue.code === 'too_small' && issue.minimum === 1
  if (isEmpty) return invalidRequest(`${issue.message} (${param})`, { code: 'parameter_invalid_empty', ...detail })
  return invalidRequest(issue.message, { ...(typeof code === 'string' && { code }), ...detail })
}

function paramName([first = '', ...rest]: PropertyKey[]): string {
  return [first, ...rest.map((key) => `[${String(key)}]`)].map(String).join('').slice(0, 200)
}

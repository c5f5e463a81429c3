/** A form body as Stripe's clients send it: `metadata[order_id]=7&expand[0]=charge`. Brackets nest; arrays are objects keyed by index. */
export interface Form {
  [key: string]: string | Form
}

const fieldsMax = 500
const depthMax = 4

/** Parses a form body. The last of two equal keys wins. Throws a FormError for too many, contradictory or malformed parameters. */
export function parseForm(text: string): Form {
  const form = emptyForm()
  let fields = 0
  for (const [name, value] of new URLSearchParams(text)) {
    if (++fields > fieldsMax) throw new FormError(name, `A request may have at most ${fieldsMax} parameters.`)
    assignField(form, name, value)
  }
  return form
}

/** Canonical form of a body: equal for two bodies with the same fields in different order. */
export function canonicalForm(text: string): string {
  const fields = new URLSearchParams(text)
  fields.sort()
  return fields.toString()
}

/** A malformed form body; `param` names the parameter. */
export class FormError extends Error {
  readonly param: string

  constructor(param: string, message: string) {
    super(message)
    this.name = 'FormError'
    this.param = param.slice(0, 100)
  }
}

function assignField(form: Form, name: string, value: string): void {
  const path = keysOf(name)
  const last = path.pop() ?? ''
  let at = form
  for (const key of path) {
    const next = (at[key] ??= emptyForm())
    if (typeof next === 'string') throw new FormError(name, `Invalid parameter: ${key} is both a value and an object.`)
    at = next
  }
  if (typeof at[last] === 'object') {
    throw new FormError(name, `Invalid parameter: ${last} is both a value and an object.`)
  }
  at[last === '' ? String(Object.keys(at).length) : last] = value
}

function keysOf(name: string): string[] {
  const open = name.indexOf('[')
  if (open < 0) return [name]
  const keys = [name.slice(0, open)]
  const brackets = name.slice(open)
  if (!/^(\[[^[\]]*\])+$/.test(brackets)) throw new FormError(name, 'Invalid parameter: its brackets do not match.')
  keys.push(...brackets.slice(1, -1).split(']['))
  if (keys.length > depthMax) throw new FormError(name, `Invalid parameter: it is nested more than ${depthMax} deep.`)
  return keys
}

/** Without a prototype: a field named `__proto__` is an ordinary field. */
function emptyForm(): Form {
  return Object.create(null) as Form
}

/** A form as Stripe's clients send it: `metadata[order_id]=7&expand[0]=charge` is nested, arrays are keyed by their index. */
export interface Form {
  [key: string]: string | Form
}

const fieldsMax = 500
const depthMax = 4

/** Fields in a body, keys in brackets unfolded; the last of two equal keys wins. Throws a FormError on what cannot be one form. */
export function parseForm(text: string): Form {
  const form = emptyForm()
  let fields = 0
  for (const [name, value] of new URLSearchParams(text)) {
    if (++fields > fieldsMax) throw new FormError(name, `A request may have at most ${fieldsMax} parameters.`)
    place(form, name, value)
  }
  return form
}

/** One text for all orders of the same fields, to tell whether two requests ask for the same. */
export function canonicalForm(text: string): string {
  const fields = new URLSearchParams(text)
  fields.sort()
  return fields.toString()
}

export class FormError extends Error {
  readonly param: string

  constructor(param: string, message: string) {
    super(message)
    this.name = 'FormError'
    this.param = param.slice(0, 100)
  }
}

function place(form: Form, name: string, value: string): void {
  const path = pathOf(name)
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

function pathOf(name: string): string[] {
  const open = name.indexOf('[')
  if (open < 0) return [name]
  const keys = [name.slice(0, open)]
  const brackets = name.slice(open)
  if (!/^(\[[^[\]]*\])+$/.test(brackets)) throw new FormError(name, 'Invalid parameter: its brackets do not match.')
  keys.push(...brackets.slice(1, -1).split(']['))
  if (keys.length > depthMax) throw new FormError(name, `Invalid parameter: it is nested more than ${depthMax} deep.`)
  return keys
}

/** Without a prototype: a field called `__proto__` is a field like any other. */
function emptyForm(): Form {
  return Object.create(null) as Form
}

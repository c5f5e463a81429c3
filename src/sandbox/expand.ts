/** Replaces ids in `body`, in place, by the objects they identify, along paths such as `data.source` (docs.stripe.com/expand). */
export function expand(body: unknown, paths: readonly string[], find: (id: string) => unknown): void {
  for (const path of paths) expandAt(body, path.split('.'), find)
}

function expandAt(at: unknown, [field, ...rest]: string[], find: (id: string) => unknown): void {
  if (field === undefined || typeof at !== 'object' || at === null) return
  if (Array.isArray(at)) {
    for (const item of at) expandAt(item, [field, ...rest], find)
    return
  }
  const fields = at as Record<string, unknown>
  const value = fields[field]
  if (typeof value === 'string') fields[field] = find(value) ?? value
  expandAt(fields[field], rest, find)
}

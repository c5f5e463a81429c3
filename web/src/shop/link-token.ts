/** Access tokens of the links in guests' emails, by the address of the order's page. */
const taken = new Map<string, string>()

/** Forgets the tokens, as after a logout. */
export const forgetLinkTokens = (): void => taken.clear()

/**
 * The access token of the link that led to this page. It is in the fragment, which no request carries, and is removed from
 * the address bar, so that it stays out of the history.
 */
export function linkToken(): string | undefined {
  const { pathname, search, hash } = location
  const token = /^#([\w-]{43})$/.exec(hash)?.[1]
  if (token !== undefined) taken.set(pathname, token)
  // Also the rest of a link that was cut on the way.
  if (hash !== '') history.replaceState(history.state, '', pathname + search)
  return taken.get(pathname)
}

import type { Locale } from '#schemas'
import type { Logger } from '#telemetry'

/** The caller's session, which was looked up and is still valid. */
export interface Session {
  id: string
  userId: string
  email: string
  role: 'customer' | 'staff'
  locale: Locale
}

/** The request as a procedure sees it. */
export interface Context {
  readonly requestId: string
  /** The client's IP address, as the trusted proxy reports it. */
  readonly address: string
  readonly log: Logger
  /** Longest duration of a call, ms. */
  readonly timeoutMs: number
  /** The shop is in maintenance: it serves queries and rejects mutations. */
  readonly isReadOnly: boolean
  /** The opaque session token that was sent, by header or cookie. */
  readonly sessionToken: string | undefined
  /** The cookie by which a browser is known that has logged in before. */
  readonly deviceToken: string | undefined
  readonly userAgent: string | undefined
  /** Lazy: looks the session up at the first call, at most once per request. Catalog reads never need it. */
  session(): Promise<Session | null>
  /** The language that the caller prefers by `Accept-Language`. */
  locale(): Locale
  /** The access token of an order, from the header or, in guests' browsers, from the cookie. */
  orderToken(orderId: string): string | undefined
  /** Sets (or with null clears) a cookie that scripts cannot read. */
  setCookie(cookie: 'session' | 'device' | `order-${string}`, value: string | null): void
}

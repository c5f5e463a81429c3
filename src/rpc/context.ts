import type { Logger } from '#telemetry'

/** Who calls: a session that was looked up and is still valid. */
export interface Session {
  id: string
  userId: string
  email: string
  role: 'customer' | 'staff'
  locale: 'en' | 'zh'
}

/** What a procedure knows of the request it serves. */
export interface Context {
  readonly requestId: string
  /** The client's address, as the trusted proxy tells it. */
  readonly address: string
  readonly log: Logger
  /** Longest time a call may take, ms. */
  readonly timeoutMs: number
  /** The shop is in maintenance: it answers queries and refuses mutations. */
  readonly isReadOnly: boolean
  /** The opaque session token that was sent, by header or cookie. */
  readonly sessionToken: string | undefined
  /** Looks the session up at most once a request, and only if asked: catalog reads never do. */
  session(): Promise<Session | null>
  /** The access token of an order that came by header or, for guests' browsers, by cookie. */
  orderToken(orderId: string): string | undefined
  /** Sets (or with null clears) a cookie that scripts cannot read. */
  setCookie(cookie: 'session' | `order-${string}`, value: string | null): void
}

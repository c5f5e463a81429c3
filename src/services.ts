import type { Actors } from '#actor'
import type { Config } from '#config'
import type { Database, Queryable } from '#db'
import type { EmailSender, PaymentProvider } from '#outbound'
import type { RateLimits } from '#rate-limit'
import type { Logger } from '#telemetry'

/** Services of the platform for modules, created once at boot by app.ts. */
export interface Services {
  readonly config: Config
  readonly database: Database
  readonly log: Logger
  readonly rateLimits: RateLimits
  /** Secret from which access tokens are derived; the same in all processes. */
  readonly secretKey: string
  readonly payments: PaymentProvider
  readonly email: EmailSender
  /** The actors, created after the modules: call it inside procedures and effects only. */
  readonly actors: () => Actors
}

/** Services of a module without payments, emails and actors. */
export type BasicServices = Pick<Services, 'config' | 'database' | 'log'>

/** Writes audit entries in the caller's transaction. Passed in by app.ts to what does not import the user module. */
export type RecordAudit = (
  tx: Queryable,
  ...entries: {
    /** Account that performed the action. */
    actorId: string
    action: string
    /** Subject as `kind:id`. */
    subject: string
    detail: Record<string, unknown>
    requestId: string
  }[]
) => Promise<void>

import type { Actors } from '#actor'
import type { Config } from '#config'
import type { Database } from '#db'
import type { EmailSender, PaymentProvider } from '#outbound'
import type { Logger } from '#telemetry'

/** What the platform gives each module: made once at boot by app.ts, the same in every process. */
export interface Services {
  readonly config: Config
  readonly database: Database
  readonly log: Logger
  /** From which access tokens are derived; the same in all processes. */
  readonly secretKey: string
  readonly payments: PaymentProvider
  readonly email: EmailSender
  /** Actors are made of the modules, so they are there once the modules are: call it inside procedures and effects. */
  readonly actors: () => Actors
}

/** What a module needs that neither buys nor writes. */
export type BasicServices = Pick<Services, 'config' | 'database' | 'log'>

import { TRPCError } from '@trpc/server'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { loadConfig } from '#config'
import { openDatabase } from '#db'
import { AppError, type ErrorCode } from '#errors'
import { createRateLimits } from '#rate-limit'
import type { Context } from '#rpc'
import { createLog, describeError } from '#telemetry'
import { createUserModule } from './index.ts'

export const password = 'correct horse battery'

/** Test support: the module on this database (both are closed at the end of the test) and browsers that call it. */
export async function openShopOn(testDatabase: AsyncDisposable & { url: string }, env: Record<string, string> = {}) {
  const logged: string[] = []
  const log = pino(
    { level: 'trace', serializers: { err: describeError } },
    { write: (line: string) => void logged.push(line) },
  )
  const database = openDatabase({ url: testDatabase.url, poolSize: 4, log: createLog('silent') })
  const config = loadConfig(env)
  const rateLimits = createRateLimits({ redisUrl: config.REDIS_URL, secretKey: 'of the test', log })
  const services = { config, database, log, rateLimits, secretKey: 'of the test' }
  const users = createUserModule(services)
  onTestFinished(async () => {
    rateLimits.close()
    if (!database.pool.ended) await database.close()
    await testDatabase[Symbol.asyncDispose]()
  })

  /** Calls procedures as a browser at this address does, which returns the cookies it received. */
  function browserAt(address: string, token?: string, userAgent?: string) {
    const cookies = new Map<string, string | null>(token === undefined ? [] : [['session', token]])
    const call = () => {
      const sessionToken = cookies.get('session') ?? undefined
      const context: Context = {
        requestId: 'test',
        address,
        log,
        timeoutMs: 10_000,
        isReadOnly: false,
        sessionToken,
        deviceToken: cookies.get('device') ?? undefined,
        userAgent,
        session: async () => (sessionToken === undefined ? null : users.authenticate(sessionToken)),
        orderToken: () => undefined,
        locale: () => 'en' as const,
        setCookie: (cookie, value) => void cookies.set(cookie, value),
      }
      return users.router.createCaller(context)
    }
    return { cookies, call }
  }

  const sql = async (text: string, values: unknown[] = []) =>
    (await database.pool.query<Record<string, unknown>>(text, values)).rows
  return { services, users, database, logged, browserAt, sql }
}

/** The error that the caller receives; undefined when the call succeeds. */
export async function rejectionOf(call: Promise<unknown>): Promise<{ code: ErrorCode; message: string } | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    if (!(error instanceof TRPCError && error.cause instanceof AppError)) throw error
    return { code: error.cause.code, message: error.message }
  }
}

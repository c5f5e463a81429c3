import { z } from 'zod'
import { AppError } from '#errors'
import { decodeCursor, pageOf } from '#lib/cursor'
import { truncatedNetwork } from '#rate-limit'
import { customerProcedure, publicProcedure, router, staffProcedure, type Context } from '#rpc'
import { reportSecurityEvent, type SecurityEvent } from '#telemetry'
import { asUser, findAccount, listAccounts } from './account/account.store.ts'
import { listAudit, recordAudit } from './audit/audit.store.ts'
import {
  adminListInput,
  auditListInput,
  changePasswordInput,
  endSessionInput,
  loginInput,
  noInput,
  registerInput,
  type AuditPage,
  type OwnSession,
  type SignedIn,
  type User,
  type UserPage,
} from './contract.ts'
import { createDeviceToken, knownDevice } from './session/device-token.ts'
import { createPasswordChange } from './session/password-change.ts'
import { deleteSession, deleteSessionOf, deleteSessions, listSessions } from './session/session.store.ts'
import { createSignIn, type UserServices } from './session/sign-in.ts'
import { isToken } from './session/token.ts'

/** The procedures `user.*`. */
export function createUserRouter(services: UserServices) {
  const { query } = services.database
  const signIn = createSignIn(services)
  const changePassword = createPasswordChange(services)

  const report = (ctx: Context, event: SecurityEvent, userId: string): void =>
    reportSecurityEvent(ctx.log, event, {
      requestId: ctx.requestId,
      userId,
      network: truncatedNetwork(ctx.address),
    })

  /** Sets the cookies of a browser: its session, and the proof that it has logged in to this account. */
  function remember(ctx: Context, signedIn: SignedIn): SignedIn {
    const { email } = signedIn.user
    ctx.setCookie('session', signedIn.token)
    if (knownDevice(services.secretKey, email, ctx.deviceToken) === undefined)
      ctx.setCookie('device', createDeviceToken(services.secretKey, email))
    return signedIn
  }

  return router({
    /** Creates a customer account and starts a session. */
    register: publicProcedure.input(registerInput).mutation(async ({ ctx, input }): Promise<SignedIn> => {
      const signedIn = await signIn.register(input, ctx)
      report(ctx, 'registered', signedIn.user.id)
      return remember(ctx, signedIn)
    }),

    /** Starts a session, which replaces the caller's; sessions of other devices stay valid. */
    login: publicProcedure.input(loginInput).mutation(async ({ ctx, input }): Promise<SignedIn> => {
      const signedIn = await signIn.login(input, ctx)
      report(ctx, 'login_succeeded', signedIn.user.id)
      return remember(ctx, signedIn)
    }),

    /** Ends this session. Succeeds without a session too, so that a stale cookie can always be cleared. */
    logout: publicProcedure.input(noInput).mutation(async ({ ctx }): Promise<Record<string, never>> => {
      if (ctx.sessionToken !== undefined && isToken(ctx.sessionToken)) await deleteSessionOf(query, ctx.sessionToken)
      ctx.setCookie('session', null)
      return {}
    }),

    me: customerProcedure.input(noInput).query(async ({ ctx }): Promise<User> => {
      const row = await findAccount(query, ctx.caller.userId)
      if (row === undefined) throw new AppError('unauthenticated')
      return asUser(row)
    }),

    /** The live sessions of the caller's account, the last used first. */
    sessions: customerProcedure
      .input(noInput)
      .query(({ ctx }): Promise<OwnSession[]> => listSessions(query, ctx.caller.userId, ctx.caller.id)),

    /** Ends a session of the caller's account. */
    endSession: customerProcedure
      .input(endSessionInput)
      .mutation(async ({ ctx, input }): Promise<Record<string, never>> => {
        if (!(await deleteSession(query, ctx.caller.userId, input.id)))
          throw new AppError('not_found', { field: 'id', message: 'There is no such session. Reload the list.' })
        report(ctx, 'sessions_ended', ctx.caller.userId)
        if (input.id === ctx.caller.id) ctx.setCookie('session', null)
        return {}
      }),

    /** Ends all sessions of the caller's account but this one. */
    endOtherSessions: customerProcedure.input(noInput).mutation(async ({ ctx }): Promise<{ ended: number }> => {
      const ended = await deleteSessions(query, ctx.caller.userId, ctx.caller.id)
      report(ctx, 'sessions_ended', ctx.caller.userId)
      return { ended }
    }),

    /** Changes the caller's password and ends the other sessions. */
    changePassword: customerProcedure
      .input(changePasswordInput)
      .mutation(async ({ ctx, input }): Promise<Record<string, never>> => {
        await changePassword(ctx.caller, input, ctx.address)
        report(ctx, 'password_changed', ctx.caller.userId)
        return {}
      }),

    admin: router({
      /** All accounts, newest first. Reading personal data of customers is audited. */
      list: staffProcedure.input(adminListInput).query(async ({ ctx, input }): Promise<UserPage> => {
        const { cursor, limit = 50 } = input ?? {}
        const before = cursor === undefined ? undefined : decodeCursor(cursor, z.uuid())
        if (!ctx.isReadOnly) {
          await recordAudit(query, {
            actorId: ctx.caller.userId,
            action: 'account.list',
            subject: `accounts:${before ?? 'newest'}`,
            detail: { limit },
            requestId: ctx.requestId,
          })
        }
        const { items, nextCursor } = pageOf(
          await listAccounts(query, { before, limit: limit + 1 }),
          limit,
          ({ id }) => id,
        )
        return { items: items.map(asUser), nextCursor }
      }),

      audit: router({
        /** Actions of staff, newest first. */
        list: staffProcedure.input(auditListInput).query(async ({ input }): Promise<AuditPage> => {
          const { cursor, limit = 50, ...filter } = input ?? {}
          const before = cursor === undefined ? undefined : decodeCursor(cursor, z.int().min(1))
          return pageOf(await listAudit(query, { ...filter, before, limit: limit + 1 }), limit, ({ id }) => id)
        }),
      }),
    }),
  })
}

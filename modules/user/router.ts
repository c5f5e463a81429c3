import { z } from 'zod'
import { AppError } from '#errors'
import { decodeCursor, pageOf } from '#lib/cursor'
import { customerProcedure, publicProcedure, router, staffProcedure } from '#rpc'
import { asUser, findAccount, listAccounts } from './account/account.store.ts'
import { listAudit } from './audit/audit.store.ts'
import {
  adminListInput,
  auditListInput,
  loginInput,
  noInput,
  registerInput,
  type AuditPage,
  type SignedIn,
  type User,
  type UserPage,
} from './contract.ts'
import { deleteSession } from './session/session.store.ts'
import { createSignIn, type SignInServices } from './session/sign-in.ts'
import { isToken } from './session/token.ts'

/** The procedures `user.*`. */
export function createUserRouter(services: SignInServices) {
  const { query } = services.database
  const signIn = createSignIn(services)

  return router({
    /** Creates a customer account and starts a session. */
    register: publicProcedure.input(registerInput).mutation(async ({ ctx, input }): Promise<SignedIn> => {
      const signedIn = await signIn.register(input, ctx.address)
      ctx.setCookie('session', signedIn.token)
      return signedIn
    }),

    /** Starts a session; other sessions of the account stay valid. */
    login: publicProcedure.input(loginInput).mutation(async ({ ctx, input }): Promise<SignedIn> => {
      const signedIn = await signIn.login(input, ctx.address)
      ctx.setCookie('session', signedIn.token)
      return signedIn
    }),

    /** Ends this session. Succeeds without a session too, so that a stale cookie can always be cleared. */
    logout: publicProcedure.input(noInput).mutation(async ({ ctx }): Promise<Record<string, never>> => {
      if (ctx.sessionToken !== undefined && isToken(ctx.sessionToken)) await deleteSession(query, ctx.sessionToken)
      ctx.setCookie('session', null)
      return {}
    }),

    me: customerProcedure.input(noInput).query(async ({ ctx }): Promise<User> => {
      const row = await findAccount(query, ctx.caller.userId)
      if (row === undefined) throw new AppError('unauthenticated')
      return asUser(row)
    }),

    admin: router({
      /** All accounts, newest first. */
      list: staffProcedure.input(adminListInput).query(async ({ input }): Promise<UserPage> => {
        const { cursor, limit = 50 } = input ?? {}
        const before = cursor === undefined ? undefined : decodeCursor(cursor, z.uuid())
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

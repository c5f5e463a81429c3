import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import { AppError } from '#errors'
import { router, staffProcedure } from '#rpc'
import type { Services } from '#services'
import {
  reconciliationGetInput,
  reconciliationListInput,
  reconciliationRunInput,
  type Reconciliation,
  type ReconciliationPage,
} from '../admin.contract.ts'
import { decodeCursor, pageOf } from '#lib/cursor'
import { timestampSchema } from '#schemas'
import { recordAudit } from '#user'
import { requestedReconciliation, windowMaxMs } from './reconciliation.effect.ts'
import { findReport, listReports } from './reconciliation.store.ts'

const position = z.object({ at: timestampSchema, id: z.uuid() })

/** `order.admin.reconciliation.*`: reports on the agreement of the shop's ledger with the provider's books. */
export function createReconciliationRouter(services: Services) {
  const { database } = services
  return router({
    /** Finished reports, the latest first. */
    list: staffProcedure.input(reconciliationListInput).query(async ({ input }): Promise<ReconciliationPage> => {
      const { cursor, limit = 20 } = input ?? {}
      const before = cursor === undefined ? undefined : decodeCursor(cursor, position)
      const found = await listReports(database.query, { before, limit: limit + 1 })
      return pageOf(found, limit, ({ finishedAt, id }) => ({ at: finishedAt, id }))
    }),

    get: staffProcedure.input(reconciliationGetInput).query(async ({ input }): Promise<Reconciliation> => {
      const report = await findReport(database.query, input.id)
      if (report !== undefined) return report
      throw new AppError('not_found', { field: 'id', message: 'There is no such report, or it is not finished yet.' })
    }),

    /** Requests a report, which is made in the background; `get` answers `not_found` until it is finished. */
    run: staffProcedure.input(reconciliationRunInput).mutation(async ({ ctx, input }): Promise<{ id: string }> => {
      const { from, to } = input ?? {}
      const end = to === undefined ? Date.now() : Date.parse(to)
      if (from !== undefined && Date.parse(from) >= end)
        throw new AppError('bad_input', { field: 'from', message: 'The window must begin before it ends.' })
      if (from !== undefined && end - Date.parse(from) > windowMaxMs)
        throw new AppError('bad_input', { field: 'from', message: 'A report covers 31 days at most.' })
      const id = uuidv7()
      await recordAudit(database.query, {
        actorId: ctx.caller.userId,
        action: 'reconciliation.run',
        subject: `reconciliation:${id}`,
        requestId: ctx.requestId,
      })
      await services.actors().schedule(requestedReconciliation(id, { from, to }))
      return { id }
    }),
  })
}

import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import { RetryLaterError, type EffectKind, type Envelope } from '#actor'
import { OutboundError, type ProviderMovement } from '#outbound'
import type { Services } from '#services'
import { idSchema } from '#schemas'
import { metrics } from '#telemetry'
import { clockSkewMs, reconcile, type ListedMovement, type Window } from './reconciliation.rules.ts'
import { bookedFor, bookedWithin, lastDaily, ordersOfIntents, saveReport } from './reconciliation.store.ts'

/**
 * Compares the shop's ledger with the provider's books: every day, by a message that reschedules itself (one message,
 * whatever the number of replicas), and on request of staff. A difference stays in the daily reports until it is gone,
 * for 31 days at most.
 */

const message = z.object({
  type: z.literal('reconcile'),
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
})
type Reconcile = z.infer<typeof message>

const dayMs = 86_400_000
export const windowMaxMs = 31 * dayMs
/** Movements younger than this may not have reached both sides yet; the daily report leaves them to the next one, ms. */
const graceMs = 5 * 60_000
/** Limit of movements in one report; a shop with more must request shorter windows. */
const movementsMax = 1_000_000
const ordersPerQuery = 1_000
/** Recipient id of the daily message. */
const dailyId = 'shop'

/** The next daily report, at 03:00 UTC. */
export function dailyReconciliation(now: Date): Envelope {
  const dueAt = new Date(now)
  dueAt.setUTCHours(3, 0, 0, 0)
  if (dueAt <= now) dueAt.setUTCDate(dueAt.getUTCDate() + 1)
  return { kind: 'reconciliation', id: dailyId, message: { type: 'reconcile' }, dueAt }
}

/** A report that staff request. @param id becomes the id of the report */
export const requestedReconciliation = (
  id: string,
  window: { from?: string | undefined; to?: string | undefined },
): Envelope => ({
  kind: 'reconciliation',
  id,
  message: { type: 'reconcile', ...window },
})

export function createReconciliationEffect({ database, payments, log }: Services): EffectKind<Reconcile> {
  return {
    kind: 'reconciliation',
    version: 1,
    reads: [1],
    message,
    concurrency: 1,
    timeoutMs: 30 * 60_000,
    attemptsMax: 1_000_000,
    async run(request, { id }) {
      const isDaily = id === dailyId
      try {
        await report(await windowOf(request), { id: isDaily ? uuidv7() : id, isDaily })
      } catch (error) {
        if (error instanceof OutboundError) throw new RetryLaterError(error.message, { delayMs: 60_000, cause: error })
        throw error
      }
      return { outbox: isDaily ? [dailyReconciliation(new Date())] : [] }
    },
  }

  /** Without `from`: since the last daily report or its oldest difference, whichever is earlier; at least a day. */
  async function windowOf(request: Reconcile): Promise<Window> {
    const to = request.to === undefined ? new Date(Date.now() - graceMs) : new Date(request.to)
    const earliest = to.getTime() - windowMaxMs
    if (request.from !== undefined) return { from: new Date(Math.max(earliest, Date.parse(request.from))), to }
    const last = await lastDaily(database.query)
    const since = Math.min(last?.to.getTime() ?? earliest, last?.oldest?.getTime() ?? Number.POSITIVE_INFINITY)
    return { from: new Date(Math.max(earliest, Math.min(since, to.getTime() - dayMs))), to }
  }

  async function report(window: Window, { id, isDaily }: { id: string; isDaily: boolean }): Promise<void> {
    const there = await listed(window)
    const here = await booked(window, there)
    const differences = reconcile({ here, there }, window)
    const finishedAt = new Date()
    await saveReport(database, {
      id,
      isDaily,
      ...window,
      finishedAt,
      here: here.length,
      there: there.length,
      differences,
    })
    if (isDaily) {
      metrics.reconciliationDifferences.set(differences.length)
      metrics.reconciliationFinished.set(finishedAt.getTime() / 1000)
    }
    if (differences.length > 0)
      log.error(
        { report: id, differences: differences.length },
        "the ledger and the provider's books differ: read the report with order.admin.reconciliation.get",
      )
  }

  /** The provider's movements of this shop's orders. */
  async function listed({ from, to }: Window): Promise<ListedMovement[]> {
    const widened = { from: new Date(from.getTime() - dayMs), to: new Date(to.getTime() + clockSkewMs) }
    const all: ProviderMovement[] = []
    for (let cursor: string | undefined; ;) {
      const page = await payments.listMovements({ ...widened, ...(cursor === undefined ? {} : { cursor }) })
      all.push(...page.movements)
      if (all.length > movementsMax)
        throw new Error(`the window has more than ${movementsMax} movements: request a shorter one`)
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    const unnamed = all.flatMap(({ orderId, intentId }) => (orderId === null && intentId !== null ? [intentId] : []))
    const orderOf = new Map<string, string>()
    for (const intentIds of chunks(unnamed))
      for (const [intentId, orderId] of await ordersOfIntents(database.query, intentIds)) orderOf.set(intentId, orderId)
    return all.flatMap(({ id: providerId, kind, orderId: namedId, intentId, amount, at }) => {
      const orderId = namedId ?? orderOf.get(intentId ?? '')
      // Another program on the same provider account names its own ids.
      return orderId !== undefined && idSchema.safeParse(orderId).success
        ? [{ providerId, kind, orderId, amount, at }]
        : []
    })
  }

  /** Bookings within the window, and all bookings of the orders that the provider lists in it. */
  async function booked(window: Window, there: readonly ListedMovement[]) {
    const found = new Map<string, Awaited<ReturnType<typeof bookedWithin>>[number]>()
    const keep = (rows: Awaited<ReturnType<typeof bookedWithin>>): void => {
      for (const row of rows) found.set(`${row.orderId} ${row.movementId}`, row)
    }
    for (let from = window.from; from < window.to; from = new Date(from.getTime() + dayMs)) {
      const to = new Date(Math.min(from.getTime() + dayMs, window.to.getTime()))
      keep(await bookedWithin(database.query, { from, to }))
    }
    for (const orderIds of chunks([...new Set(there.map(({ orderId }) => orderId))]))
      keep(await bookedFor(database.query, orderIds))
    return [...found.values()]
  }
}

function chunks<T>(all: readonly T[]): T[][] {
  const starts = Array.from({ length: Math.ceil(all.length / ordersPerQuery) }, (_, index) => index * ordersPerQuery)
  return starts.map((start) => all.slice(start, start + ordersPerQuery))
}

import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import { RetryLaterError, type EffectKind, type Envelope } from '#actor'
import { OutboundError, type ProviderMovement } from '#outbound'
import type { Services } from '#services'
import { idSchema } from '#schemas'
import { metrics } from '#telemetry'
import { clocksApartMs, reconcile, type ListedMovement, type Window } from './reconciliation.rules.ts'
import { bookedFor, bookedWithin, lastDaily, ordersOfIntents, saveReport } from './reconciliation.store.ts'

/**
 * Compares our ledger with the provider's books: every day, by mail that sends itself (once however many replicas there
 * are), and when staff ask. What the daily report finds is looked at again by the next, for 31 days.
 */

const message = z.object({
  type: z.literal('reconcile'),
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
})
type Reconcile = z.infer<typeof message>

const dayMs = 86_400_000
export const windowMaxMs = 31 * dayMs
/** What is younger may be on its way between the provider and us, ms. */
const settlingMs = 5 * 60_000
/** Movements in one report; a shop with more takes shorter windows. */
const movementsMax = 1_000_000
const ordersAtATime = 1_000
const daily = 'shop'

/** The daily one, at 03:00 UTC. */
export function dailyReconciliation(now: Date): Envelope {
  const dueAt = new Date(now)
  dueAt.setUTCHours(3, 0, 0, 0)
  if (dueAt <= now) dueAt.setUTCDate(dueAt.getUTCDate() + 1)
  return { kind: 'reconciliation', id: daily, message: { type: 'reconcile' }, dueAt }
}

/** One that staff ask for; its id is the report's. */
export const askedReconciliation = (
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
    async run(asked, { id }) {
      const isDaily = id === daily
      try {
        await report(await windowOf(asked), { id: isDaily ? uuidv7() : id, isDaily })
      } catch (error) {
        if (error instanceof OutboundError) throw new RetryLaterError(error.message, { delayMs: 60_000, cause: error })
        throw error
      }
      return { outbox: isDaily ? [dailyReconciliation(new Date())] : [] }
    },
  }

  async function windowOf(asked: Reconcile): Promise<Window> {
    const to = asked.to === undefined ? new Date(Date.now() - settlingMs) : new Date(asked.to)
    const earliest = to.getTime() - windowMaxMs
    if (asked.from !== undefined) return { from: new Date(Math.max(earliest, Date.parse(asked.from))), to }
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
        'our ledger and the provider do not agree: see order.admin.reconciliation.get',
      )
  }

  /** The provider's movements of our orders. */
  async function listed({ from, to }: Window): Promise<ListedMovement[]> {
    const wide = { from: new Date(from.getTime() - dayMs), to: new Date(to.getTime() + clocksApartMs) }
    const all: ProviderMovement[] = []
    for (let cursor: string | undefined; ;) {
      const page = await payments.listMovements({ ...wide, ...(cursor === undefined ? {} : { cursor }) })
      all.push(...page.movements)
      if (all.length > movementsMax) throw new Error(`more than ${movementsMax} movements: ask for a shorter window`)
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    const unnamed = all.flatMap(({ orderId, intentId }) => (orderId === null && intentId !== null ? [intentId] : []))
    const orderOf = new Map<string, string>()
    for (const some of chunks(unnamed))
      for (const [intentId, orderId] of await ordersOfIntents(database.query, some)) orderOf.set(intentId, orderId)
    return all.flatMap(({ id: providerId, kind, orderId, intentId, amount, at }) => {
      const ours = orderId ?? orderOf.get(intentId ?? '')
      // Another program on the same account has ids of its own making.
      return ours !== undefined && idSchema.safeParse(ours).success
        ? [{ providerId, kind, orderId: ours, amount, at }]
        : []
    })
  }

  /** What was booked within the window, and all of the orders that the provider lists in it. */
  async function booked(window: Window, there: readonly ListedMovement[]) {
    const found = new Map<string, Awaited<ReturnType<typeof bookedWithin>>[number]>()
    const keep = (rows: Awaited<ReturnType<typeof bookedWithin>>): void => {
      for (const row of rows) found.set(`${row.orderId} ${row.movementId}`, row)
    }
    for (let from = window.from; from < window.to; from = new Date(from.getTime() + dayMs)) {
      const to = new Date(Math.min(from.getTime() + dayMs, window.to.getTime()))
      keep(await bookedWithin(database.query, { from, to }))
    }
    for (const some of chunks([...new Set(there.map(({ orderId }) => orderId))]))
      keep(await bookedFor(database.query, some))
    return [...found.values()]
  }
}

function chunks<T>(all: readonly T[]): T[][] {
  const starts = Array.from({ length: Math.ceil(all.length / ordersAtATime) }, (_, index) => index * ordersAtATime)
  return starts.map((start) => all.slice(start, start + ordersAtATime))
}

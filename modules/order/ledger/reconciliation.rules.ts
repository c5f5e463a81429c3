import type { Money } from '#schemas'
import type { DifferenceKind } from '../admin.contract.ts'

/**
 * Reconciliation of the shop's ledger with the provider's books, both ways. Pure.
 *
 * The shop books a movement after the provider has made it: usually immediately, days later where the webhook was lost.
 * A provider's movement within the window is therefore matched against everything ever booked for its order. A booking
 * within the window is matched against the provider's movements of the same time and before.
 */

export interface BookedMovement {
  orderId: string
  kind: string
  /** Signed, as it changes the provider's debt to the shop. */
  amount: Money
  at: Date
}

export interface ListedMovement extends BookedMovement {
  providerId: string
}

export interface FoundDifference {
  kind: DifferenceKind
  movement: string
  orderId: string
  providerId: string | null
  currency: string
  hereMinor: number | null
  thereMinor: number | null
  at: Date
}

/** `from` is inclusive, `to` exclusive. */
export interface Window {
  from: Date
  to: Date
}

/** Largest delay of the shop's clock behind the provider's that is tolerated, ms. */
export const clockSkewMs = 3_600_000

const isWithin = ({ from, to }: Window, at: Date): boolean => from <= at && at < to

/** Whether `booked` can be the booking of `listed`: apart from clock skew, a booking is never older than its movement. */
const canBook = (booked: BookedMovement, listed: ListedMovement): boolean =>
  booked.at.getTime() >= listed.at.getTime() - clockSkewMs

const groupOf = ({ orderId, kind, amount }: BookedMovement): string => `${orderId} ${kind} ${amount.currency}`
const oldestFirst = <Movement extends BookedMovement>(movements: readonly Movement[]): Movement[] =>
  movements.toSorted((a, b) => a.at.getTime() - b.at.getTime())

/** @returns movements that one side lacks or has with another amount, the oldest first */
export function reconcile(
  { here, there }: { here: readonly BookedMovement[]; there: readonly ListedMovement[] },
  window: Window,
): FoundDifference[] {
  const booked = Map.groupBy(here, groupOf)
  const listed = Map.groupBy(there, groupOf)
  const groups = new Set([...booked.keys(), ...listed.keys()])
  const found = [...groups].flatMap((group) =>
    compare({ here: oldestFirst(booked.get(group) ?? []), there: oldestFirst(listed.get(group) ?? []) }, window),
  )
  return found.toSorted((a, b) => a.at.getTime() - b.at.getTime())
}

/** Compares the movements of one order, kind and currency. */
function compare(sides: { here: BookedMovement[]; there: ListedMovement[] }, window: Window): FoundDifference[] {
  const equal = pair(sides, (booked, listed) => booked.amount.amount === listed.amount.amount)
  const differing = pair(equal, () => true)
  return [
    ...differing.pairs
      .filter(([booked, listed]) => isWithin(window, booked.at) || isWithin(window, listed.at))
      .map(([booked, listed]) => difference('amount_differs', { booked, listed })),
    ...differing.there.filter(({ at }) => isWithin(window, at)).map((listed) => difference('missing_here', { listed })),
    ...differing.here.filter(({ at }) => isWithin(window, at)).map((booked) => difference('missing_there', { booked })),
  ]
}

/** Pairs each of the provider's movements with the first booking that fits. @returns the pairs, and the rest of both sides */
function pair(
  sides: { here: BookedMovement[]; there: ListedMovement[] },
  fits: (booked: BookedMovement, listed: ListedMovement) => boolean,
): { pairs: [BookedMovement, ListedMovement][]; here: BookedMovement[]; there: ListedMovement[] } {
  const here = [...sides.here]
  const pairs: [BookedMovement, ListedMovement][] = []
  const there = sides.there.filter((listed) => {
    const index = here.findIndex((booked) => canBook(booked, listed) && fits(booked, listed))
    const [booked] = index === -1 ? [] : here.splice(index, 1)
    if (booked !== undefined) pairs.push([booked, listed])
    return booked === undefined
  })
  return { pairs, here, there }
}

function difference(
  kind: DifferenceKind,
  { booked, listed }: { booked?: BookedMovement; listed?: ListedMovement },
): FoundDifference {
  const movement = listed ?? booked
  if (movement === undefined) throw new Error('a difference needs a movement of either side')
  return {
    kind,
    movement: movement.kind,
    orderId: movement.orderId,
    providerId: listed?.providerId ?? null,
    currency: movement.amount.currency,
    hereMinor: booked?.amount.amount ?? null,
    thereMinor: listed?.amount.amount ?? null,
    at: movement.at,
  }
}

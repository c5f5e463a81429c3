import type { Money } from '#schemas'
import type { DifferenceKind } from '../admin.contract.ts'

/**
 * Compares our ledger with the provider's books, both ways. Pure.
 *
 * We book a movement after the provider has made it: at once, or days later where its webhook was lost. So what is on
 * the provider's books within the window is looked for among all that was ever booked for its order; what was booked
 * within the window, among the provider's movements of then and before.
 */

export interface BookedMovement {
  orderId: string
  kind: string
  /** Signed, as it changes what the provider owes us. */
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

export interface Window {
  from: Date
  to: Date
}

/** By as much our clock may be behind the provider's. */
export const clocksApartMs = 3_600_000

const isWithin = ({ from, to }: Window, at: Date): boolean => from <= at && at < to

/** Whether this may be the booking of that: it is not older, but for what clocks differ by. */
const mayBook = (booked: BookedMovement, listed: ListedMovement): boolean =>
  booked.at.getTime() >= listed.at.getTime() - clocksApartMs

const groupOf = ({ orderId, kind, amount }: BookedMovement): string => `${orderId} ${kind} ${amount.currency}`
const oldestFirst = <Movement extends BookedMovement>(movements: readonly Movement[]): Movement[] =>
  movements.toSorted((a, b) => a.at.getTime() - b.at.getTime())

/** @returns what one side has and the other has not, or has with another amount; the oldest first */
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

/** Movements of one kind, order and currency. */
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

/** Each of the provider's movements with the first booking that fits; and what is left of both sides. */
function pair(
  sides: { here: BookedMovement[]; there: ListedMovement[] },
  fits: (booked: BookedMovement, listed: ListedMovement) => boolean,
): { pairs: [BookedMovement, ListedMovement][]; here: BookedMovement[]; there: ListedMovement[] } {
  const here = [...sides.here]
  const pairs: [BookedMovement, ListedMovement][] = []
  const there = sides.there.filter((listed) => {
    const index = here.findIndex((booked) => mayBook(booked, listed) && fits(booked, listed))
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
  const one = listed ?? booked
  if (one === undefined) throw new Error('a difference of nothing')
  return {
    kind,
    movement: one.kind,
    orderId: one.orderId,
    providerId: listed?.providerId ?? null,
    currency: one.amount.currency,
    hereMinor: booked?.amount.amount ?? null,
    thereMinor: listed?.amount.amount ?? null,
    at: one.at,
  }
}

import { describe, expect, test } from 'vitest'
import { reconcile, type BookedMovement, type ListedMovement } from './reconciliation.rules.ts'

const hour = 3_600_000
const from = new Date('2026-11-21T00:00:00Z')
const to = new Date('2026-11-22T00:00:00Z')
/** @param hours hours after the window begins */
const at = (hours: number): Date => new Date(from.getTime() + hours * hour)
const eur = (amount: number) => ({ amount, currency: 'EUR' })

const booked = (hours: number, amount = 100, kind = 'capture'): BookedMovement => ({
  orderId: 'o1',
  kind,
  amount: eur(amount),
  at: at(hours),
})
const listed = (hours: number, amount = 100, kind = 'capture'): ListedMovement => ({
  ...booked(hours, amount, kind),
  providerId: `txn_${hours}`,
})
const found = (here: BookedMovement[], there: ListedMovement[]) =>
  reconcile({ here, there }, { from, to }).map(({ kind, hereMinor, thereMinor }) => [kind, hereMinor, thereMinor])

describe('a reconciliation report', () => {
  test('is empty when both sides agree, whenever the shop booked the movement', () => {
    expect(found([booked(2), booked(3, -40, 'refund')], [listed(1), listed(3, -40, 'refund')])).toEqual([])
    expect(found([booked(90)], [listed(1)])).toEqual([])
  })

  test('lists movements missing here, missing there, and with another amount', () => {
    expect(found([], [listed(1)])).toEqual([['missing_here', null, 100]])
    expect(found([booked(1)], [])).toEqual([['missing_there', 100, null]])
    expect(found([booked(1, 90)], [listed(1)])).toEqual([['amount_differs', 90, 100]])
  })

  test('distinguishes two equal movements from one', () => {
    const [one, two] = [listed(1, -50, 'refund'), listed(2, -50, 'refund')]
    expect(found([booked(1, -50, 'refund'), booked(2, -50, 'refund')], [one, two])).toEqual([])
    expect(found([booked(1, -50, 'refund')], [one, two])).toEqual([['missing_here', null, -50]])
  })

  test('does not match a missing movement with an older booking of the same amount', () => {
    expect(found([booked(-48, -50, 'refund')], [listed(5, -50, 'refund')])).toEqual([['missing_here', null, -50]])
  })

  test('does not mix kinds, currencies or orders', () => {
    const dollars = { ...listed(1), amount: { amount: 100, currency: 'USD' } }
    expect(found([booked(1)], [dollars])).toHaveLength(2)
    expect(found([booked(1)], [{ ...listed(1), orderId: 'o2' }])).toHaveLength(2)
    expect(found([booked(1, 100, 'dispute_won')], [listed(1)])).toHaveLength(2)
  })

  test('leaves out movements outside its window, and matches across its edges', () => {
    expect(found([booked(-0.1)], [listed(-0.2)])).toEqual([])
    expect(found([booked(0.1)], [listed(-0.1)])).toEqual([])
    expect(found([booked(24.1)], [listed(23.9)])).toEqual([])
    expect(found([booked(24.1)], [])).toEqual([])
    expect(found([], [listed(-0.1)])).toEqual([])
  })

  test("tolerates a shop's clock that is behind the provider's", () => {
    expect(found([booked(1)], [listed(1.5)])).toEqual([])
  })
})

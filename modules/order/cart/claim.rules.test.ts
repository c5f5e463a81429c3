import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cartLinesMax } from '../contract.ts'
import type { CartState } from './cart.state.ts'
import { claimCart } from './claim.rules.ts'

const cartOf = (id: string, userId: string | null, lines: CartState['lines'], more: Partial<CartState> = {}) =>
  ({ id, version: 3, currency: 'USD', locale: 'en', userId, lines, orderId: null, ...more }) satisfies CartState
const lines = (count: number, prefix: string, quantity = 1) =>
  Array.from({ length: count }, (_, index) => ({ sku: `${prefix}${index}`, quantity }))
const units = (...carts: (CartState | undefined)[]): number =>
  carts.flatMap((cart) => cart?.lines ?? []).reduce((sum, { quantity }) => sum + quantity, 0)

describe('a claimed cart', () => {
  test('takes the lines of the account cart, once however often it is claimed', () => {
    const guest = cartOf('guest', null, [{ sku: 'A', quantity: 1 }])
    const account = cartOf('account', 'ada', [{ sku: 'A', quantity: 2 }])
    const first = claimCart({ cart: guest, former: account }, 'ada')
    expect(first).toMatchObject({
      cart: { userId: 'ada', version: 4, lines: [{ sku: 'A', quantity: 3 }] },
      former: { lines: [], version: 4 },
      notTaken: [],
    })
    const again = claimCart({ cart: first.cart, former: first.former }, 'ada')
    expect(again).toEqual({ cart: first.cart, notTaken: [] })
    // Lines that the account's other cart gets later are not taken by a repetition.
    expect(claimCart({ cart: first.cart, former: account }, 'ada')).toEqual({ cart: first.cart, notTaken: [] })
  })

  test('leaves lines beyond 100 in the account cart, and names them on every repetition', () => {
    const guest = cartOf('guest', null, lines(60, 'G'))
    const account = cartOf('account', 'ada', lines(65, 'A'))
    const first = claimCart({ cart: guest, former: account }, 'ada')
    expect(first.cart.lines).toHaveLength(cartLinesMax)
    expect(first.notTaken).toHaveLength(25)
    expect(first.notTaken[0]).toEqual({ sku: 'A40', quantity: 1, reason: 'cart_full', cartId: 'account' })
    expect(first.former?.lines).toEqual(lines(65, 'A').slice(40))
    expect(claimCart({ cart: first.cart, former: first.former }, 'ada').notTaken).toEqual(first.notTaken)
  })

  test('leaves lines of another currency, and units beyond 999 of one SKU, where they are', () => {
    const guest = cartOf('guest', null, [{ sku: 'A', quantity: 600 }])
    const euros = claimCart({ cart: guest, former: cartOf('e', 'ada', lines(2, 'E'), { currency: 'EUR' }) }, 'ada')
    expect(euros.former).toBeUndefined()
    expect(euros.notTaken.map(({ reason }) => reason)).toEqual(['other_currency', 'other_currency'])
    const many = claimCart({ cart: guest, former: cartOf('m', 'ada', [{ sku: 'A', quantity: 500 }]) }, 'ada')
    expect(many.notTaken).toEqual([{ sku: 'A', quantity: 101, reason: 'quantity_limit', cartId: 'm' }])
    expect([many.cart.lines, many.former?.lines]).toEqual([
      [{ sku: 'A', quantity: 999 }],
      [{ sku: 'A', quantity: 101 }],
    ])
  })

  test('takes nothing of a cart that has been ordered meanwhile, or belongs to somebody else', () => {
    const guest = cartOf('guest', null, lines(1, 'G'))
    for (const former of [cartOf('f', 'ada', lines(1, 'A'), { orderId: 'o' }), cartOf('f', 'bob', lines(1, 'A'))])
      expect(claimCart({ cart: guest, former }, 'ada')).toMatchObject({ cart: { lines: lines(1, 'G') }, notTaken: [] })
    expect(() => claimCart({ cart: cartOf('g', 'bob', []), former: undefined }, 'ada')).toThrow('no such cart')
    expect(() => claimCart({ cart: cartOf('g', null, [], { orderId: 'o' }), former: undefined }, 'ada')).toThrow(
      'ordered already',
    )
    const placed = cartOf('g', 'ada', lines(1, 'G'), { orderId: 'o' })
    expect(claimCart({ cart: placed, former: undefined }, 'ada').cart).toBe(placed)
  })

  test('keeps every unit: what it does not take stays, for any lines', () => {
    const someLines = fc.uniqueArray(
      fc.record({ sku: fc.nat(150).map(String), quantity: fc.integer({ min: 1, max: 999 }) }),
      {
        selector: ({ sku }) => sku,
        maxLength: cartLinesMax,
      },
    )
    fc.assert(
      fc.property(someLines, someLines, fc.constantFrom('USD', 'EUR'), (mine, others, currency) => {
        const guest = cartOf('guest', null, mine)
        const account = cartOf('account', 'ada', others, { currency })
        const { cart, former = account, notTaken } = claimCart({ cart: guest, former: account }, 'ada')
        expect(units(cart, former)).toBe(units(guest, account))
        expect(cart.lines.length).toBeLessThanOrEqual(cartLinesMax)
        expect(cart.lines.every(({ quantity }) => quantity <= 999)).toBe(true)
        expect(former.lines).toEqual(notTaken.map(({ sku, quantity }) => ({ sku, quantity })))
      }),
    )
  })
})

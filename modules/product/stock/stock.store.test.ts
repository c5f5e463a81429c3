import fc from 'fast-check'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { transaction } from '#db'
import { createTestDatabase } from '#test'
import { draftOf, openTestCatalog, save } from '../registration/catalog.fixture.ts'
import { inventoryPolicies, type InventoryPolicy } from '../draft.contract.ts'
import { adjustStock, applyStock, lockStock, readStock, type StockMovement } from './stock.store.ts'

let catalog: ReturnType<typeof openTestCatalog>
beforeAll(async () => {
  catalog = openTestCatalog(await createTestDatabase())
})
afterAll(() => catalog[Symbol.asyncDispose]())

async function levels(skus: string[]) {
  const { rows } = await catalog.query.execute<{
    sku: string
    available: number
    reserved: number
    backordered: number
    moved: number
  }>(sql`
    select sku, available, reserved, backordered, (select coalesce(sum(quantity), 0)::int from product.stock_movement m where m.sku = s.sku) as moved
    from product.stock s where sku = any(${sql.param(skus)}::text[])`)
  return new Map(rows.map((row) => [row.sku, row]))
}

/** Saves a product with this much stock and returns its SKU. */
async function skuWithStock(name: string, quantity: number): Promise<string> {
  await save(catalog.database, [draftOf({ title: name, stock: quantity })])
  return name.toUpperCase()
}

const apply = (...movements: StockMovement[]) => transaction(catalog.database, (tx) => applyStock(tx, movements))
const movementOf = (sku: string, kind: StockMovement['kind'], quantity: number): StockMovement => ({
  sku,
  kind,
  quantity,
  reference: 'order-1',
})

describe('stock', () => {
  test('reserve, release, take and return move units, and sales and returns are in the ledger', async () => {
    const sku = await skuWithStock('lamp', 10)
    await apply(movementOf(sku, 'reserve', 4), movementOf(sku, 'reserve', 2))
    expect((await levels([sku])).get(sku)).toMatchObject({ available: 4, reserved: 6, moved: 10 })
    await apply(movementOf(sku, 'release', 1), movementOf(sku, 'take', 3))
    expect((await levels([sku])).get(sku)).toMatchObject({ available: 5, reserved: 2, moved: 7 })
    await apply(movementOf(sku, 'return', 2))
    expect((await levels([sku])).get(sku)).toMatchObject({ available: 7, reserved: 2, moved: 9 })
  })

  test('movements always sum to available + reserved, and one below zero changes nothing', async () => {
    const skus = await Promise.all(['fern', 'oak', 'elm'].map((name, index) => skuWithStock(name, 5 + index * 10)))
    const expected = new Map(
      [...(await levels(skus))].map(([sku, { available, reserved }]) => [sku, { available, reserved }]),
    )
    const movement = fc.record({
      sku: fc.constantFrom(...skus),
      kind: fc.constantFrom('reserve' as const, 'release' as const, 'take' as const, 'return' as const),
      quantity: fc.integer({ min: 1, max: 6 }),
      reference: fc.constant('order-2'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(movement, { maxLength: 5 }), async (movements) => {
        const after = new Map([...expected].map(([sku, level]) => [sku, { ...level }]))
        for (const { sku, kind, quantity } of movements) {
          const level = after.get(sku)
          if (level === undefined) continue
          if (kind !== 'take') level.available += kind === 'reserve' ? -quantity : quantity
          if (kind !== 'return') level.reserved += kind === 'reserve' ? quantity : -quantity
        }
        const isLegal = [...after.values()].every(({ available, reserved }) => available >= 0 && reserved >= 0)
        const isApplied = await apply(...movements).then(
          () => true,
          () => false,
        )
        expect(isApplied).toBe(isLegal)
        if (isLegal) for (const [sku, level] of after) expected.set(sku, level)
        for (const [sku, { available, reserved, moved }] of await levels(skus)) {
          expect({ available, reserved }).toEqual(expected.get(sku))
          expect(moved).toBe(available + reserved)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('stock of every policy adds up, and only tracked stock ends at zero', async () => {
    const policies = inventoryPolicies.map((policy) => [`any-${policy}`, policy] as const)
    const draftWith = (slug: string, inventoryPolicy: InventoryPolicy) =>
      draftOf({
        title: slug,
        variants: [{ sku: slug.toUpperCase(), values: [], prices: { USD: 1 }, stock: 5, inventoryPolicy }],
      })
    await save(
      catalog.database,
      policies.map(([slug, policy]) => draftWith(slug, policy)),
    )
    const model = new Map(policies.map(([slug, policy]) => [slug.toUpperCase(), { policy, net: 5, reserved: 0 }]))
    const sku = fc.constantFrom(...model.keys())
    const quantity = fc.integer({ min: 1, max: 6 })
    const kind = fc.constantFrom('reserve' as const, 'release' as const, 'take' as const, 'return' as const)
    const step = fc.oneof(
      fc.record({ step: fc.constant('move' as const), sku, kind, quantity }),
      fc.record({
        step: fc.constant('adjust' as const),
        sku,
        delta: fc.oneof(quantity, fc.integer({ min: -6, max: -1 })),
      }),
      fc.record({ step: fc.constant('policy' as const), sku, policy: fc.constantFrom(...inventoryPolicies) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        for (const each of steps) {
          const level = model.get(each.sku)
          if (level === undefined) throw new Error('every SKU is in the model')
          const available = Math.max(level.net, 0)
          const isCounting = each.step === 'policy' && level.policy === 'untracked' && each.policy !== 'untracked'
          const isLegal =
            each.step === 'policy' ||
            (each.step === 'adjust' && (each.delta > 0 || available + each.delta >= 0)) ||
            (each.step === 'move' &&
              (each.kind !== 'reserve' || level.policy !== 'tracked' || available >= each.quantity) &&
              (each.kind === 'reserve' || each.kind === 'return' || level.reserved >= each.quantity))
          const work =
            each.step === 'policy'
              ? save(catalog.database, [draftWith(each.sku.toLowerCase(), each.policy)])
              : each.step === 'adjust'
                ? adjustStock(catalog.query, { sku: each.sku, delta: each.delta, reason: 'count' }, 'user-1')
                : apply(movementOf(each.sku, each.kind, each.quantity))
          const isApplied = await work.then(
            () => true,
            () => false,
          )
          expect(isApplied).toBe(isLegal)
          if (!isLegal) continue
          if (each.step === 'policy') level.policy = each.policy
          if (isCounting) level.net = 5
          if (each.step === 'adjust') level.net += each.delta
          if (each.step !== 'move') continue
          if (each.kind !== 'take') level.net += each.kind === 'reserve' ? -each.quantity : each.quantity
          if (each.kind !== 'return') level.reserved += each.kind === 'reserve' ? each.quantity : -each.quantity
        }
        const stored = await levels([...model.keys()])
        const readable = await readStock(catalog.query, [...model.keys()])
        for (const [name, { policy, net, reserved }] of model) {
          const { moved, ...level } = stored.get(name) ?? { moved: 0 }
          expect(level).toEqual({ sku: name, available: Math.max(net, 0), backordered: Math.max(-net, 0), reserved })
          expect(moved, `movements of ${name}`).toBe(net + reserved)
          expect(readable.get(name)).toBe(policy === 'tracked' ? Math.max(net, 0) : Infinity)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('units that come in are for the buyers who wait before they are available', async () => {
    await save(catalog.database, [
      draftOf({
        title: 'Late',
        variants: [{ sku: 'LATE', values: [], prices: { USD: 1 }, stock: 1, inventoryPolicy: 'backorder' }],
      }),
    ])
    await apply(movementOf('LATE', 'reserve', 4))
    expect((await levels(['LATE'])).get('LATE')).toMatchObject({ available: 0, reserved: 4, backordered: 3 })
    expect(await adjustStock(catalog.query, { sku: 'LATE', delta: 5, reason: 'delivery' }, 'user-1')).toEqual({
      sku: 'LATE',
      available: 2,
      reserved: 4,
      backordered: 0,
    })
  })

  test('moving an unknown SKU fails the transaction', async () => {
    const sku = await skuWithStock('vase', 3)
    await expect(apply(movementOf(sku, 'reserve', 1), movementOf('NO-SUCH', 'reserve', 1))).rejects.toThrow('NO-SUCH')
    expect((await levels([sku])).get(sku)).toMatchObject({ available: 3, reserved: 0 })
  })

  test('a lock returns the stock its last holder left, so nothing is oversold', async () => {
    const [first, second] = [await skuWithStock('alder', 3), await skuWithStock('birch', 3)]
    const buy = (skus: string[]) =>
      transaction(catalog.database, async (tx) => {
        const available = await lockStock(tx, skus)
        if (skus.some((sku) => (available.get(sku) ?? 0) < 1)) return 'sold_out'
        await applyStock(
          tx,
          skus.map((sku) => movementOf(sku, 'reserve', 1)),
        )
        return 'placed'
      })
    const outcomes = await Promise.all(
      Array.from({ length: 16 }, (_, index) => buy(index % 2 ? [first, second] : [second, first])),
    )
    expect(outcomes.filter((outcome) => outcome === 'placed')).toHaveLength(3)
    expect((await levels([first])).get(first)).toMatchObject({ available: 0, reserved: 3 })
  })

  test('an adjustment is in the ledger, and one that removes too many units is rejected', async () => {
    const sku = await skuWithStock('teapot', 5)
    expect(await adjustStock(catalog.query, { sku, delta: -2, reason: 'broken' }, 'user-1')).toEqual({
      sku,
      available: 3,
      reserved: 0,
      backordered: 0,
    })
    await expect(adjustStock(catalog.query, { sku, delta: -4, reason: 'lost' }, 'user-1')).rejects.toMatchObject({
      code: 'bad_input',
      field: 'delta',
    })
    await expect(
      adjustStock(catalog.query, { sku: 'NO-SUCH', delta: 1, reason: 'found' }, 'user-1'),
    ).rejects.toMatchObject({ code: 'not_found', field: 'sku' })
    expect((await levels([sku])).get(sku)).toMatchObject({ available: 3, moved: 3 })
  })

  test('the ledger is append-only', async () => {
    await skuWithStock('plate', 5)
    const rejection = { cause: expect.objectContaining({ message: 'product.stock_movement is append-only' }) as Error }
    await expect(catalog.query.execute(sql`delete from product.stock_movement`)).rejects.toMatchObject(rejection)
    const change = sql`update product.stock_movement set quantity = 1`
    await expect(catalog.query.execute(change)).rejects.toMatchObject(rejection)
  })
})

import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

const unitsOnSale = 100
const sku = 'FLASH-SALE'

export const flashSale = defineRow({
  row: 24,
  fault: 'flash sale, 10,000 buyers for 100 units, with random kills',
  injection: 'load, and kill -9 of servers and workers at random',
  guarantee: 'exactly 100 units are sold',
  operations: 10_000,
  perSecond: 120,
  mix: { plain: 1 },
  recoversInSeconds: 90,
  mapOperation: (operation) => ({ ...operation, lines: [{ sku, quantity: 1 }] }),
  // Copies an existing variant, with another SKU and stock.
  async arrange({ postgres }) {
    await postgres.query(
      `with source as (select * from product.variant order by sku desc limit 1), made as (
         insert into product.variant (id, product_id, sku, position, "values", prices, compare_at)
         select gen_random_uuid(), product_id, $1, 99, "values", prices, compare_at from source returning product_id
       ), stocked as (insert into product.stock (sku, product_id, available) select $1, product_id, $2 from made)
       insert into product.stock_movement (sku, kind, quantity, reference) values ($1, 'initial', $2, 'the flash sale')`,
      [sku, unitsOnSale],
    )
  },
  async nemesis({ shop, load, random, log }) {
    await load.until(0.002)
    while (load.share() < 0.85) {
      const victim = random.pick([...shop.servers, ...shop.workers])
      await victim.kill()
      log(`${victim.name} was killed`)
      await delay(random.between(0, 500))
      await victim.start()
      await delay(random.between(1_000, 4_000))
    }
  },
  checker(_, { database }) {
    const sold = database.movements.reduce(
      (sum, move) => (move.sku === sku && move.kind === 'sold' ? sum - move.quantity : sum),
      0,
    )
    return sold === unitsOnSale ? [] : [`${sold} of ${unitsOnSale} units were sold`]
  },
})

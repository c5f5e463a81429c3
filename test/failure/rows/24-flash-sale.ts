import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

const pieces = 100
const sku = 'FLASH-SALE'

export const flashSale = defineRow({
  row: 24,
  fault: 'flash sale, 10,000 buyers for 100 units, with random kills',
  how: 'load + 1, 2',
  holds: 'all 100 are sold, and no more',
  orders: 10_000,
  perSecond: 120,
  mix: { plain: 1 },
  recoversInSeconds: 90,
  wish: (operation) => ({ ...operation, lines: [{ sku, quantity: 1 }] }),
  // A variant like another, but for its SKU and how many there are of it.
  async arrange({ postgres }) {
    await postgres.query(
      `with like_it as (select * from product.variant order by sku desc limit 1), made as (
         insert into product.variant (id, product_id, sku, position, "values", prices, compare_at)
         select gen_random_uuid(), product_id, $1, 99, "values", prices, compare_at from like_it returning product_id
       ), stocked as (insert into product.stock (sku, product_id, available) select $1, product_id, $2 from made)
       insert into product.stock_movement (sku, kind, quantity, reference) values ($1, 'initial', $2, 'the flash sale')`,
      [sku, pieces],
    )
  },
  async disturb({ shop, load, chance, say }) {
    await load.until(0.002)
    while (load.share() < 0.85) {
      const victim = chance.pick([...shop.servers, ...shop.workers])
      await victim.kill()
      say(`${victim.name} was killed`)
      await delay(chance.between(0, 500))
      await victim.start()
      await delay(chance.between(1_000, 4_000))
    }
  },
  besides(_, { database }) {
    const sold = database.movements.reduce(
      (sum, move) => (move.sku === sku && move.kind === 'sold' ? sum - move.quantity : sum),
      0,
    )
    return sold === pieces ? [] : [`${sold} of ${pieces} pieces were sold`]
  },
})

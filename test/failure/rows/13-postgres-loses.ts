import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

/** Here orders are lost indeed. The row is green when the checker says so: it proves the checker. */
export const postgresLoses = defineRow({
  row: 13,
  fault: 'the same with an asynchronous standby',
  how: 'promote',
  holds: 'the checker must detect the loss',
  orders: 950,
  perSecond: 25,
  shop: { proxies: ['postgres'], standby: 'async' },
  async disturb({ shop, load, say }) {
    await load.until(0.4)
    shop.replicationProxy.blackHole()
    await delay(3_000)
    await shop.failOver()
    say('the standby has taken over, without the last 3 s')
  },
  mustFind: ['lost_order'],
  // What follows from the loss: of orders that are gone, of carts and keys that are, of payments taken back in time.
  excuses: ({ name }) =>
    [
      'charge_of_nothing',
      'charged_twice',
      'books_differ',
      'ledger_differs',
      'report_differs',
      'different_replies',
      'two_orders',
      'cancel_forgotten',
    ].includes(name),
})

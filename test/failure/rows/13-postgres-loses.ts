import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

/** Proof of the checker: orders are really lost, and the row is green when the checker finds the loss. */
export const postgresLoses = defineRow({
  row: 13,
  fault: 'Postgres fails over to an asynchronous standby',
  injection: 'promote',
  guarantee: 'the checker detects the loss',
  operations: 950,
  perSecond: 25,
  shop: { proxies: ['postgres'], standby: 'async' },
  async nemesis({ shop, load, log }) {
    await load.until(0.4)
    shop.replicationProxy.blackHole()
    await delay(3_000)
    await shop.failOver()
    log('the standby is promoted, without the last 3 s')
  },
  mustFind: ['lost_order'],
  // Consequences of the loss: orders, carts and keys are gone, and payments are in an earlier state.
  isExpected: ({ name }) =>
    [
      'charge_without_order',
      'charged_twice',
      'books_differ',
      'ledger_differs',
      'report_differs',
      'different_replies',
      'duplicate_order',
      'cancellation_lost',
    ].includes(name),
})

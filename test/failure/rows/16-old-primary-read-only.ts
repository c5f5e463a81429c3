import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

export const oldPrimaryReadOnly = defineRow({
  row: 16,
  fault: 'old primary still up, read-only',
  injection: 'proxy to a standby',
  guarantee: 'a connection that reports 25006 is discarded',
  operations: 950,
  perSecond: 25,
  shop: { proxies: ['postgres'], standby: 'async' },
  async nemesis({ shop, load, log }) {
    const { postgres, standby, postgresProxy } = shop
    if (standby === undefined) throw new Error('this row needs a standby')
    await load.until(0.15)
    // Open connections learn of it only from error 25006 (read_only_sql_transaction).
    await postgres.query('alter system set default_transaction_read_only = on')
    await postgres.query('select pg_reload_conf()')
    log('the primary is read-only')
    await delay(4_000)
    await postgres.query('alter system reset default_transaction_read_only')
    await postgres.query('select pg_reload_conf()')

    await load.until(0.55)
    postgresProxy.retarget(standby.port)
    postgresProxy.reset()
    log('the address leads to the standby')
    await delay(4_000)
    postgresProxy.retarget(postgres.port)
    // Connections are not reset: the program has to discard those that lead to the standby.
  },
})

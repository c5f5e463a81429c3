import { setTimeout as delay } from 'node:timers/promises'
import { defineRow } from '../row.ts'

export const oldPrimaryReadOnly = defineRow({
  row: 16,
  fault: 'old primary still up, read-only',
  how: 'proxy to a standby',
  holds: '25006, connection discarded',
  orders: 950,
  perSecond: 25,
  shop: { proxies: ['postgres'], standby: 'async' },
  async disturb({ shop, load, say }) {
    const { postgres, standby, postgresProxy } = shop
    if (standby === undefined) throw new Error('this row needs a standby')
    await load.until(0.15)
    // Connections that are open learn of it from 25006 alone.
    await postgres.query('alter system set default_transaction_read_only = on')
    await postgres.query('select pg_reload_conf()')
    say('the primary is read-only')
    await delay(4_000)
    await postgres.query('alter system reset default_transaction_read_only')
    await postgres.query('select pg_reload_conf()')

    await load.until(0.55)
    postgresProxy.retarget(standby.port)
    postgresProxy.reset()
    say('the address leads to the standby')
    await delay(4_000)
    postgresProxy.retarget(postgres.port)
    // Nothing is reset: whoever holds a connection to the standby has to find out.
  },
})

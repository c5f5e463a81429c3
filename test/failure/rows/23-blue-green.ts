import { plant } from '../plant/plant.ts'
import { defineRow } from '../row.ts'

/** Green is the version after: its mail is of version 2, and the schema was expanded for it. */
const green = plant(['next-version'])

export const blueGreen = defineRow({
  row: 23,
  fault: 'blue-green swap under load, mixed schema',
  how: 'balancer switches target',
  holds: 'zero failed requests',
  orders: 950,
  perSecond: 20,
  shop: { hasBalancer: true, env: { DRAIN_MS: '500' } },
  async disturb({ shop, load, say, notes }) {
    const { balancer, servers, workers, postgres } = shop
    if (balancer === undefined) throw new Error('this row needs a balancer')
    await load.until(0.15)
    await postgres.query('alter table "order".orders add column gift_note text')
    await postgres.query('alter table actor.mailbox add column trace text')
    await postgres.query('create table "order".of_the_future (id uuid primary key, note text)')
    say('the schema is expanded')
    // One after the other: on machines of their own they would not slow down those that sell.
    const greenServers = [await shop.add('serve', green), await shop.add('serve', green)]
    for (let n = 0; n < workers.length; n += 1) await shop.add('worker', green)
    say('green runs beside blue')
    notes.set('since', Date.now())
    await load.until(0.5)
    balancer.retarget(greenServers.map(({ port }) => port))
    await Promise.all(servers.map(({ port }) => balancer.drained(port)))
    const codes = await Promise.all([...servers, ...workers].map((blue) => blue.stop()))
    notes.set('codes', codes)
    say('blue is gone')
    await load.until(1)
  },
  besides({ notes }, { history }) {
    // An impatient buyer hangs up by choice.
    const hungUp = new Set(['time-out'])
    const failed = history.filter(
      ({ atMs, outcome, code = '' }) =>
        atMs > Number(notes.get('since')) &&
        (outcome === 'fail' || (outcome === 'info' && !hungUp.has(code) && code !== 'in_flight')),
    )
    const codes = notes.get('codes') as (number | null)[]
    return [
      ...failed
        .filter(({ code }) => code !== 'idempotency_mismatch')
        .slice(0, 5)
        .map(({ op, call, code }) => `${call} of operation ${op} failed: ${code}`),
      ...(codes.every((code) => code === 0) ? [] : [`blue ended with ${codes.join(', ')}`]),
    ]
  },
})

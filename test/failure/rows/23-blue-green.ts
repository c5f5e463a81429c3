import { plant } from '../plant/plant.ts'
import { defineRow } from '../row.ts'

/** Green is the next release: it writes messages of version 2 and runs on the expanded schema. */
const green = plant(['next-release'])

export const blueGreen = defineRow({
  row: 23,
  fault: 'blue-green swap under load, mixed schema',
  injection: 'balancer switches target',
  guarantee: 'no request fails',
  operations: 950,
  perSecond: 20,
  shop: { hasBalancer: true, env: { DRAIN_MS: '500' } },
  async nemesis({ shop, load, log, notes }) {
    const { balancer, servers, workers, postgres } = shop
    if (balancer === undefined) throw new Error('this row needs a balancer')
    await load.until(0.15)
    await postgres.query('alter table "order".orders add column gift_note text')
    await postgres.query('alter table actor.mailbox add column trace text')
    await postgres.query('create table "order".next_release (id uuid primary key, note text)')
    log('the schema is expanded')
    // Sequential starts, since all replicas share this machine with those that serve buyers.
    const greenServers = [await shop.add('serve', green), await shop.add('serve', green)]
    for (let n = 0; n < workers.length; n += 1) await shop.add('worker', green)
    log('green runs beside blue')
    notes.set('since', Date.now())
    await load.until(0.5)
    balancer.retarget(greenServers.map(({ port }) => port))
    await Promise.all(servers.map(({ port }) => balancer.drained(port)))
    const codes = await Promise.all([...servers, ...workers].map((blue) => blue.stop()))
    notes.set('codes', codes)
    log('blue has ended')
    await load.until(1)
  },
  checker({ notes }, { history }) {
    // A timeout is no failure: it comes from buyers who hang up.
    const harmless = new Set(['timeout', 'in_flight'])
    const failed = history.filter(
      ({ atMs, outcome, code = '' }) =>
        atMs > Number(notes.get('since')) && (outcome === 'fail' || (outcome === 'info' && !harmless.has(code))),
    )
    const codes = notes.get('codes') as (number | null)[]
    return [
      ...failed
        .filter(({ code }) => code !== 'idempotency_mismatch')
        .slice(0, 5)
        .map(({ op, action, code }) => `${action} of operation ${op} failed: ${code}`),
      ...(codes.every((code) => code === 0) ? [] : [`blue ended with ${codes.join(', ')}`]),
    ]
  },
})

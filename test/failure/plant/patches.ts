/**
 * A change to the program, made while it is loaded, so that the program contains no test hooks. It replaces a snippet of
 * one file. A missing snippet stops the process, and fails `plant.test.ts` by name.
 */
export interface Patch {
  /** Path from the root of the project. */
  file: string
  find: string | RegExp
  replace: string
}

/** All patches by name. `failpoint()` and `pause()` are defined in preload.ts and configured by the environment. */
export const patches = {
  // Failpoints: the process dies or pauses at the worst moment.

  /** Dies after COMMIT, before the reply, the wake-ups and the acknowledgement of the job. */
  'die-after-commit': [
    {
      file: 'src/db/pool.ts',
      find: '    await commit(client)\n    return result',
      replace: `    await commit(client)\n    failpoint()\n    return result`,
    },
  ],
  /** Dies after a wake-up is published. */
  'die-after-publish': [
    {
      file: 'src/queue/producer.ts',
      find: `          metrics.wakeUps.inc({ outcome: 'sent' })`,
      replace: `          failpoint()\n          metrics.wakeUps.inc({ outcome: 'sent' })`,
    },
  ],
  /** Dies after the messages are handled, before the wake-up is acknowledged: it is delivered again as a stalled job. */
  'die-before-ack': [
    {
      file: 'src/queue/consumer.ts',
      find: '    await Promise.race([handled, closing])\n',
      replace: '    await Promise.race([handled, closing])\n    failpoint()\n',
    },
  ],
  /** Publishes each wake-up twice. */
  'publish-twice': [
    {
      file: 'src/queue/producer.ts',
      find: `start += idsMax) add(kind, ids.slice(start, start + idsMax))`,
      replace: `start += idsMax) { add(kind, ids.slice(start, start + idsMax)); add(kind, ids.slice(start, start + idsMax)) }`,
    },
  ],
  /** Dies after the provider's reply, before the outcome is stored. */
  'die-after-call': [
    {
      file: 'src/actor/effect-runner.ts',
      find: 'apply(stored, await call(stored))',
      replace: 'call(stored).then((result) => (failpoint(), apply(stored, result)))',
    },
  ],

  /** Pauses within a turn of an order, between reading and writing, as a frozen process does. */
  'pause-in-turn': [
    {
      file: 'modules/order/lifecycle/order.actor.ts',
      find: '    await pipelined([\n      saveOrders(',
      replace: '    await pause()\n    await pipelined([\n      saveOrders(',
    },
  ],

  // The five bugs that the checker must find.

  /** The idempotency key is ignored. */
  'no-dedupe': [
    {
      file: 'modules/order/cart/checkout.router.ts',
      find: /\n *key: requestKey,(?=\n *message)/,
      replace: '',
    },
  ],
  /** The buyer gets the reply before COMMIT, which follows later or never. */
  'ack-before-commit': [
    {
      file: 'modules/order/cart/cart.actor.ts',
      find: '      await pipelined([\n        saveCarts(',
      replace: `      if (placed.length > 0) Object.assign(tx, { isPlacing: true })\n      await pipelined([\n        saveCarts(`,
    },
    {
      file: 'src/db/pool.ts',
      find: '    const result = await work(drizzle({ client }))\n    await commit(client)\n',
      replace: `    const tx = drizzle({ client })
    const result = await work(tx)
    isLate = tx.isPlacing
    if (isLate) setTimeout(() => { commit(client).catch(() => undefined).finally(() => client.release()) }, 800)
    else await commit(client)\n`,
    },
    {
      file: 'src/db/pool.ts',
      find: '  let broken: Error | undefined\n',
      replace: '  let broken: Error | undefined\n  let isLate = false\n',
    },
    {
      file: 'src/db/pool.ts',
      find: '    client.release(broken ?? false)',
      replace: '    if (!isLate) client.release(broken ?? false)',
    },
  ],
  /** The sweep finds messages by `id > last seen`: a message that commits or falls due out of order is skipped. */
  'sweep-by-last-id': [
    {
      file: 'src/actor/mailbox.ts',
      find: 'select k.kind, due.actor_id as "actorId" from',
      replace: 'select k.kind, due.actor_id as "actorId", due.id from',
    },
    {
      file: 'src/actor/mailbox.ts',
      find: /select m\.actor_id from actor\.mailbox m(\s+where m\.kind = k\.kind)/,
      replace: 'select m.actor_id, m.id from actor.mailbox m$1 and m.id > ${lastSeen.id}',
    },
    {
      file: 'src/actor/mailbox.ts',
      find: /(export function overdueActors[\s\S]+?)    return rows\n/,
      replace: '$1    for (const { id } of rows) lastSeen.id = Math.max(lastSeen.id, id)\n    return rows\n',
    },
    {
      file: 'src/actor/mailbox.ts',
      find: 'export type StoredMessage =',
      replace: 'const lastSeen = { id: 0 }\nexport type StoredMessage =',
    },
  ],
  /** Each retry calls the provider with a new key. */
  'new-key-on-retry': [
    { file: 'modules/order/payment/payment.effect.ts', find: /:\$\{round\}`/g, replace: ':${Math.random()}`' },
  ],
  /** A process that was frozen continues unfenced: no row lock, no lease and no timeout stops it. */
  'unfenced-zombie': [
    {
      file: 'modules/order/state/order.store.ts',
      find: /(from "order"\.orders where id = any[^\n]+?) for update/,
      replace: '$1',
    },
    {
      file: 'src/actor/mailbox.ts',
      find: '.rowCount !== ids.length)',
      replace: '.rowCount === -1)',
    },
    {
      file: 'src/actor/turn.ts',
      find: 'if (!leased.has(item.messageId)) answers',
      replace: 'if (leased.size < 0) answers',
    },
    {
      file: 'src/db/pool.ts',
      find: /idle_in_transaction_session_timeout: [\d_]+,\s+transaction_timeout: [\d_]+/,
      replace: 'transaction_timeout: 0',
    },
  ],

  // Another release of the program.

  /** The next release: writes messages of version 2 and reads versions 1 and 2. */
  'next-release': [
    'modules/order/cart/cart.actor.ts',
    'modules/order/lifecycle/order.actor.ts',
    'modules/order/payment/payment.effect.ts',
  ].map((file) => ({
    file,
    find: /version: 1,(\s+)reads: \[1\]/g,
    replace: 'version: 2,$1reads: [1, 2]',
  })),
} as const satisfies Record<string, readonly Patch[]>

export type PlantName = keyof typeof patches

/**
 * Changes to the program that are made while it is loaded, so that it holds no hook for tests. Each replaces a snippet
 * of one file; a snippet that is not there any more stops the process, and `plant.test.ts` says which one it is.
 */
export interface Patch {
  /** From the root of the project. */
  file: string
  find: string | RegExp
  replace: string
}

/** `failpoint(name)` and `pause(name)` are given by preload.ts: what they do, and how often, is told by the environment. */
export const patches = {
  // Failpoints: the process dies, or stands still, at the worst moment.

  /** After COMMIT: nobody has been answered, nobody woken, no wake-up acknowledged. */
  'die-after-commit': [
    {
      file: 'src/db/pool.ts',
      find: '    await commit(client)\n    return result',
      replace: `    await commit(client)\n    failpoint()\n    return result`,
    },
  ],
  /** A wake-up has been published; nothing that follows happens. */
  'die-after-publish': [
    {
      file: 'src/queue/waker.ts',
      find: `          metrics.wakeUps.inc({ outcome: 'sent' })`,
      replace: `          failpoint()\n          metrics.wakeUps.inc({ outcome: 'sent' })`,
    },
  ],
  /** The mail is handled; the wake-up is not acknowledged, and comes again as a stalled job. */
  'die-before-ack': [
    {
      file: 'src/queue/worker.ts',
      find: '    await Promise.race([handled, closing])\n',
      replace: '    await Promise.race([handled, closing])\n    failpoint()\n',
    },
  ],
  /** Publishes each wake-up twice. */
  'publish-twice': [
    {
      file: 'src/queue/waker.ts',
      find: `start += idsMax) add(kind, ids.slice(start, start + idsMax))`,
      replace: `start += idsMax) { add(kind, ids.slice(start, start + idsMax)); add(kind, ids.slice(start, start + idsMax)) }`,
    },
  ],
  /** The provider has acted; the outcome is not written. */
  'die-after-call': [
    {
      file: 'src/actor/effects.ts',
      find: '      await apply(letter, await call(letter))',
      replace: '      const called = await call(letter)\n      failpoint()\n      await apply(letter, called)',
    },
  ],

  /** A turn of an order stands still between reading and writing, as a process does that was frozen there. */
  'pause-in-turn': [
    {
      file: 'modules/order/actors.ts',
      find: '    await together([\n      saveOrders(tx, [...states.values()], { before, now }),',
      replace: '    await pause()\n    await together([\n      saveOrders(tx, [...states.values()], { before, now }),',
    },
  ],

  // The five bugs that the checker must find.

  /** The idempotency key is ignored. */
  'no-dedupe': [
    {
      file: 'modules/order/checkout.ts',
      find: /\n    key: idempotencyKey\(`order\.place:[^\n]+/,
      replace: '',
    },
  ],
  /** The buyer is told of the order; COMMIT follows later, or never. */
  'ack-before-commit': [
    {
      file: 'modules/order/actors.ts',
      find: '      await together([\n        saveCarts(',
      replace: `      if (placed.length > 0) Object.assign(tx, { isPlacing: true })\n      await together([\n        saveCarts(`,
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
  /** Mail is found by `id > last seen`: whatever commits, or falls due, out of order is skipped. */
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
      find: /(export function sleepingActors[\s\S]+?)    return rows\n/,
      replace: '$1    for (const { id } of rows) lastSeen.id = Math.max(lastSeen.id, id)\n    return rows\n',
    },
    {
      file: 'src/actor/mailbox.ts',
      find: '/** A row of the mailbox. */',
      replace: 'const lastSeen = { id: 0 }\n',
    },
  ],
  /** Each try asks the provider under a key of its own. */
  'new-key-on-retry': [
    { file: 'modules/order/payment.effect.ts', find: /:\$\{round\}`/g, replace: ':${Math.random()}`' },
  ],
  /** Who was frozen goes on as if nothing had happened: no row lock, no lease, no time-out stops it. */
  'unfenced-zombie': [
    {
      file: 'modules/order/order.store.ts',
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
      find: 'if (!held.has(errand.letterId)) answers',
      replace: 'if (held.size < 0) answers',
    },
    {
      file: 'src/db/pool.ts',
      find: /idle_in_transaction_session_timeout: [\d_]+,\s+transaction_timeout: [\d_]+/,
      replace: 'transaction_timeout: 0',
    },
  ],

  // Another version of the program.

  /** The version after this one: writes mail of version 2, and reads both. */
  'next-version': ['modules/order/actors.ts', 'modules/order/payment.effect.ts'].map((file) => ({
    file,
    find: /version: 1,(\s+)reads: \[1\]/g,
    replace: 'version: 2,$1reads: [1, 2]',
  })),
} as const satisfies Record<string, readonly Patch[]>

export type PlantName = keyof typeof patches

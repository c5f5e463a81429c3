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
      find: `() => metrics.wakeUps.inc({ outcome: 'sent' }),`,
      replace: `() => { failpoint(); metrics.wakeUps.inc({ outcome: 'sent' }) },`,
    },
  ],
  /** The mail is handled; the wake-up is not acknowledged, and comes again as a stalled job. */
  'die-before-ack': [
    {
      file: 'src/queue/worker.ts',
      find: '      await handled\n',
      replace: '      await handled\n      failpoint()\n',
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
      find: '      await apply(letter, lease, await call(letter))',
      replace: '      const called = await call(letter)\n      failpoint()\n      await apply(letter, lease, called)',
    },
  ],

  // Another version of the program.

  /** The version after this one: writes mail of version 2, and reads both. */
  'next-version': ['modules/order/actors.ts', 'modules/order/payment.effect.ts', 'modules/order/email.effect.ts'].map(
    (file) => ({ file, find: /version: 1,(\s+)reads: \[1\]/g, replace: 'version: 2,$1reads: [1, 2]' }),
  ),
} as const satisfies Record<string, readonly Patch[]>

export type PlantName = keyof typeof patches

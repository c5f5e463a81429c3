import { setTimeout as delay } from 'node:timers/promises'
import type { ViolationName } from '../check/index.ts'
import { defineRow, type Row } from '../row.ts'
import type { PlantName } from './patches.ts'
import { plant } from './plant.ts'

/** A planted bug, with a short row whose fault reveals it, and the violations that the checker must find. */
export interface Bug {
  name: PlantName
  title: string
  reveals: readonly ViolationName[]
  row: Row
}

const shortRow = {
  row: 0,
  injection: '',
  guarantee: '',
  operations: 120,
  perSecond: 20,
  settlesInSeconds: 6,
  recoversInSeconds: 4,
  retriesForSeconds: 10,
}
const smallShop = { servers: 1, workers: 1 }
const providerNemesis = (fault: Record<string, unknown>): Pick<Row, 'nemesis'> => ({
  async nemesis({ shop, load }) {
    await shop.provider.fault(fault)
    await load.until(0.9)
    await shop.provider.heal()
  },
})

export const bugs: readonly Bug[] = [
  {
    name: 'no-dedupe',
    title: 'the idempotency key is ignored',
    reveals: ['different_replies'],
    row: defineRow({
      ...shortRow,
      fault: 'the same request again',
      mix: { plain: 1, duplicate: 1 },
      shop: { ...smallShop, env: plant(['no-dedupe']) },
      nemesis: ({ load }) => load.until(1),
    }),
  },
  {
    name: 'ack-before-commit',
    title: 'the buyer gets the reply before COMMIT',
    reveals: ['lost_order'],
    row: defineRow({
      ...shortRow,
      fault: 'the server dies',
      mix: { plain: 1 },
      shop: { ...smallShop, envOf: (kind) => (kind === 'serve' ? plant(['ack-before-commit']) : {}) },
      async nemesis({ shop, load }) {
        for (const share of [0.2, 0.5]) {
          await load.until(share)
          await load.nextAcknowledgement()
          await shop.servers[0]?.kill()
          await shop.servers[0]?.start()
        }
      },
    }),
  },
  {
    name: 'sweep-by-last-id',
    title: 'the sweep finds messages by `id > last seen`',
    reveals: ['message_left', 'unsettled'],
    row: defineRow({
      ...shortRow,
      fault: 'the provider fails at random',
      mix: { plain: 1 },
      shop: { ...smallShop, env: plant(['sweep-by-last-id']) },
      ...providerNemesis({ mode: 'fail', status: 500, probability: 0.4 }),
    }),
  },
  {
    name: 'new-key-on-retry',
    title: 'each retry calls the provider with a new key',
    reveals: ['charged_twice'],
    row: defineRow({
      ...shortRow,
      fault: 'the provider loses replies',
      mix: { plain: 1 },
      shop: { ...smallShop, env: plant(['new-key-on-retry']) },
      ...providerNemesis({ mode: 'lose_reply', probability: 0.4 }),
    }),
  },
  {
    name: 'unfenced-zombie',
    title: 'a worker that was frozen is not fenced when it continues',
    reveals: ['cancellation_lost'],
    row: pausedInTurn(['unfenced-zombie']),
  },
]

/** The row of 'unfenced-zombie' without the bug: the same pauses, with fencing intact. */
export const fencedZombie = defineRow({ ...pausedInTurn([]), settlesInSeconds: 30, recoversInSeconds: 30 })

/**
 * A row in which the worker pauses within every turn, between reading and writing. Buyers cancel during the first turn
 * of their order: without fencing the worker's write overwrites the cancellation.
 */
function pausedInTurn(planted: readonly PlantName[]): Row {
  return defineRow({
    ...shortRow,
    fault: 'workers pause within a turn',
    operations: 80,
    perSecond: 24,
    mix: { plain: 1, cancels: 3 },
    mapOperation: (operation) => ({ ...operation, afterMs: operation.afterMs % 1_000 }),
    shop: {
      ...smallShop,
      env: plant(planted),
      envOf: (kind) => (kind === 'worker' ? plant([...planted, 'pause-in-turn']) : {}),
    },
    async nemesis({ load }) {
      await load.until(1)
      await delay(2_000)
    },
  })
}

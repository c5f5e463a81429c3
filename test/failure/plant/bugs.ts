import { setTimeout as delay } from 'node:timers/promises'
import type { ViolationName } from '../check/index.ts'
import { defineRow, type Row } from '../row.ts'
import type { PlantName } from './patches.ts'
import { plant } from './plant.ts'

/** Short rows, each with the fault that brings one planted bug to light, and what the checker has to say then. */
export interface Bug {
  name: PlantName
  title: string
  reveals: readonly ViolationName[]
  row: Row
}

const short = {
  row: 0,
  how: '',
  holds: '',
  orders: 120,
  perSecond: 20,
  settlesInSeconds: 6,
  recoversInSeconds: 4,
  patienceSeconds: 10,
}
const small = { servers: 1, workers: 1 }
const provider = (fault: Record<string, unknown>): Pick<Row, 'disturb'> => ({
  async disturb({ shop, load }) {
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
      ...short,
      fault: 'the same request again',
      mix: { plain: 1, twice: 1 },
      shop: { ...small, env: plant(['no-dedupe']) },
      disturb: ({ load }) => load.until(1),
    }),
  },
  {
    name: 'ack-before-commit',
    title: 'the buyer is answered before COMMIT',
    reveals: ['lost_order'],
    row: defineRow({
      ...short,
      fault: 'the server dies',
      mix: { plain: 1 },
      shop: { ...small, envOf: (kind) => (kind === 'serve' ? plant(['ack-before-commit']) : {}) },
      async disturb({ shop, load }) {
        for (const share of [0.2, 0.5]) {
          await load.until(share)
          await load.acknowledged()
          await shop.servers[0]?.kill()
          await shop.servers[0]?.start()
        }
      },
    }),
  },
  {
    name: 'sweep-by-last-id',
    title: 'mail is found by `id > last seen`',
    reveals: ['mail_left', 'unsettled'],
    row: defineRow({
      ...short,
      fault: 'the provider fails now and then',
      mix: { plain: 1 },
      shop: { ...small, env: plant(['sweep-by-last-id']) },
      ...provider({ mode: 'fail', status: 500, probability: 0.4 }),
    }),
  },
  {
    name: 'new-key-on-retry',
    title: 'each retry asks the provider under a new key',
    reveals: ['charged_twice'],
    row: defineRow({
      ...short,
      fault: 'the provider loses replies',
      mix: { plain: 1 },
      shop: { ...small, env: plant(['new-key-on-retry']) },
      ...provider({ mode: 'lose_reply', probability: 0.4 }),
    }),
  },
  {
    name: 'unfenced-zombie',
    title: 'a worker that was frozen is not fenced when it goes on',
    reveals: ['cancel_forgotten'],
    row: frozenInTurn(['unfenced-zombie']),
  },
]

/** The same standstill in the same places, with every fence where it belongs. */
export const fencedZombie = defineRow({ ...frozenInTurn([]), settlesInSeconds: 30, recoversInSeconds: 30 })

/**
 * Buyers cancel while the worker stands still in the middle of their order's turn. It does so in every turn of its own,
 * and they cancel about when the first of those is under way: unfenced, what it writes forgets the cancelling.
 */
function frozenInTurn(planted: readonly PlantName[]): Row {
  return defineRow({
    ...short,
    fault: 'workers stand still in mid-turn',
    orders: 80,
    perSecond: 24,
    mix: { plain: 1, cancels: 3 },
    wish: (operation) => ({ ...operation, afterMs: operation.afterMs % 1_000 }),
    shop: {
      ...small,
      env: plant(planted),
      envOf: (kind) => (kind === 'worker' ? plant([...planted, 'pause-in-turn']) : {}),
    },
    async disturb({ load }) {
      await load.until(1)
      await delay(2_000)
    },
  })
}

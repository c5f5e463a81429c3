import { waitFor } from '../../support/wait-for.ts'
import { defineRow } from '../row.ts'
import type { Shop } from '../shop/shop.ts'

/** Messages that cannot be handled, inserted into the mailboxes of orders in progress. */
const poisons = [
  { kind: 'order', version: 1, payload: { type: 'nonsense' }, fate: 'deadLettered' },
  { kind: 'order', version: 1, payload: { type: 'paymentResult', intentId: 7 }, fate: 'deadLettered' },
  { kind: 'payment', version: 1, payload: { type: 'settle-not' }, fate: 'deadLettered' },
  { kind: 'email', version: 1, payload: { type: 'send', template: 'no such template' }, fate: 'deadLettered' },
  // Retried later without limit: another release may know their kind and version.
  { kind: 'order', version: 99, payload: { type: 'of the future' }, fate: 'left' },
  { kind: 'unknown-kind', version: 1, payload: {}, fate: 'left' },
] as const

export const poison = defineRow({
  row: 25,
  fault: 'poison message in a batch',
  injection: 'bad payload',
  guarantee: 'only the poison message is dead-lettered',
  operations: 950,
  perSecond: 30,
  async nemesis({ shop, load, notes }) {
    const ids: PoisonIds = { deadLettered: [], left: [] }
    notes.set('poison', ids)
    for (let share = 0.05; share < 0.3; share += 0.04) {
      await load.until(share)
      const placed = await shop.postgres.query<{ id: string }>(
        `select id from "order".orders order by placed_at desc limit ${poisons.length}`,
      )
      for (const [n, { kind, version, payload, fate }] of poisons.entries()) {
        const [message] = await shop.postgres.query<{ id: number }>(
          'insert into actor.mailbox (kind, actor_id, version, payload) values ($1, $2, $3, $4) returning id::int',
          [kind, fate === 'left' ? 'nobody' : placed[n]?.id, version, JSON.stringify(payload)],
        )
        if (message !== undefined) ids[fate].push(message.id)
      }
    }
    // Eight attempts, with half a minute of pauses between them.
    await waitFor(async () => (await findDeadLetters(shop)).length >= ids.deadLettered.length, {
      timeoutMs: 90_000,
      what: 'the poison messages to be dead-lettered',
    })
  },
  isExpected: ({ name, detail }, { notes }) => {
    const { deadLettered, left } = notes.get('poison') as PoisonIds
    const ids = name === 'dead_letter_found' ? deadLettered : name === 'message_left' ? left : []
    return ids.some((id) => detail.startsWith(`message ${id} `))
  },
  checker({ notes }, { database }) {
    const expected = notes.get('poison') as PoisonIds
    const deadLettered = new Set(database.deadLetters.map(({ id }) => id))
    const left = new Set(database.messages.map(({ id }) => id))
    return [
      ...expected.deadLettered.filter((id) => !deadLettered.has(id)).map((id) => `message ${id} was not dead-lettered`),
      ...expected.left
        .filter((id) => !left.has(id))
        .map((id) => `message ${id}, which another release may know, is gone`),
    ]
  },
})

/** Ids of the poison messages, by their expected fate. */
type PoisonIds = Record<'deadLettered' | 'left', number[]>

const findDeadLetters = ({ postgres }: Shop): Promise<unknown[]> => postgres.query('select id from actor.dead_letter')

import { waitFor } from '../../support/wait-for.ts'
import { defineRow } from '../row.ts'
import type { Shop } from '../shop/shop.ts'

/** Letters that cannot be handled, put into the mailboxes of orders that are on their way. */
const poisons = [
  { kind: 'order', version: 1, payload: { type: 'nonsense' }, fate: 'parked' },
  { kind: 'order', version: 1, payload: { type: 'paymentResult', intentId: 7 }, fate: 'parked' },
  { kind: 'payment', version: 1, payload: { type: 'settle-not' }, fate: 'parked' },
  { kind: 'email', version: 1, payload: { type: 'send', template: 'no such letter' }, fate: 'parked' },
  // These are put off: another program may know them.
  { kind: 'order', version: 99, payload: { type: 'of the future' }, fate: 'left' },
  { kind: 'unknown-kind', version: 1, payload: {}, fate: 'left' },
] as const

export const poison = defineRow({
  row: 25,
  fault: 'poison message in a batch',
  how: 'bad payload',
  holds: 'it alone is parked',
  orders: 950,
  perSecond: 30,
  async disturb({ shop, load, notes }) {
    const ids: { parked: number[]; left: number[] } = { parked: [], left: [] }
    notes.set('poison', ids)
    for (let share = 0.05; share < 0.3; share += 0.04) {
      await load.until(share)
      const placed = await shop.postgres.query<{ id: string }>(
        `select id from "order".orders order by placed_at desc limit ${poisons.length}`,
      )
      for (const [n, { kind, version, payload, fate }] of poisons.entries()) {
        const [letter] = await shop.postgres.query<{ id: number }>(
          'insert into actor.mailbox (kind, actor_id, version, payload) values ($1, $2, $3, $4) returning id::int',
          [kind, fate === 'left' ? 'nobody' : placed[n]?.id, version, JSON.stringify(payload)],
        )
        if (letter !== undefined) ids[fate].push(letter.id)
      }
    }
    // Eight attempts, with half a minute of pauses between them.
    await waitFor(async () => (await parkedIds(shop)).length >= ids.parked.length, {
      timeoutMs: 90_000,
      what: 'the poison to be parked',
    })
  },
  excuses: ({ name, what }, { notes }) => {
    const { parked, left } = notes.get('poison') as Record<'parked' | 'left', number[]>
    const ids = name === 'mail_parked' ? parked : name === 'mail_left' ? left : []
    return ids.some((id) => what.startsWith(`letter ${id} `))
  },
  besides({ notes }, { database }) {
    const { parked, left } = notes.get('poison') as Record<'parked' | 'left', number[]>
    const is = { parked: database.parked.map(({ id }) => id), left: database.mail.map(({ id }) => id) }
    return [
      ...parked.filter((id) => !is.parked.includes(id)).map((id) => `letter ${id} was not parked`),
      ...left
        .filter((id) => !is.left.includes(id))
        .map((id) => `letter ${id}, which another program may know, is gone`),
    ]
  },
})

const parkedIds = ({ postgres }: Shop): Promise<unknown[]> => postgres.query('select id from actor.dead_letter')

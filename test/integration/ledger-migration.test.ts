import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '#test'

/** What the version before has written, which kept no ledger. */

const migration = fileURLToPath(new URL('../../migrations/0006_ledger.sql', import.meta.url))

test('what was captured and refunded before there was a ledger is booked by the migration, and balances', async () => {
  await using database = await createTestDatabase()
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    const order = async (n: number, paymentStatus: string, intent: string | null): Promise<void> => {
      const id = `01890000-0000-7000-8000-00000000000${n}`
      await client.query(
        `insert into "order".orders (id, number, cart_id, status, payment_status, fulfilment_status, version, currency, locale,
           email, shipping_address, shipping_option, items_minor, discount_minor, shipping_minor, tax_minor, tax_included,
           total_minor, placed_at, updated_at)
         values ($1, $2, $1, 'paid', $3, 'unfulfilled', 1, 'EUR', 'en', 'a@example.com', '{}', '{}', 0, 0, 0, 0, true, $4, now(), now())`,
        [id, `N${n}`, paymentStatus, intent === null ? 0 : 1000 + n],
      )
      await client.query(
        `insert into "order".payment (order_id, provider, method_id, intent_id, attempt, wanted) values ($1, 'stripe', 'card', $2, 1, 'nothing')`,
        [id, intent],
      )
    }
    await order(1, 'captured', 'pi_1')
    await order(2, 'refunded', 'pi_2')
    await order(3, 'pending', 'pi_3')
    await order(4, 'captured', null)
    const statements = (await readFile(migration, 'utf8')).split('--> statement-breakpoint')
    for (const statement of statements.filter((one) => !/create (function|trigger)/.test(one)))
      await client.query(statement)
    const { rows } = await client.query<{ entry: string }>(
      `select concat_ws(' ', movement_id, account, amount_minor) as entry from "order".ledger_entry order by 1`,
    )
    expect(rows.map(({ entry }) => entry)).toEqual([
      'capture:pi_1 provider 1001',
      'capture:pi_1 sales -1001',
      'capture:pi_2 provider 1002',
      'capture:pi_2 sales -1002',
      'refund:before-01890000-0000-7000-8000-000000000002 provider -1002',
      'refund:before-01890000-0000-7000-8000-000000000002 refunds 1002',
    ])
  } finally {
    await client.end()
  }
})

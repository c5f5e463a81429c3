import { createHmac } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { providerKeys } from '../shop/provider.ts'
import { defineRow, type RowContext } from '../row.ts'

/** In addition to the provider's own webhooks, the nemesis sends duplicates, stale and early events, and forgeries. */
export const webhooks = defineRow({
  row: 21,
  fault: "webhooks duplicated, reordered, forged, ahead of the shop's commit",
  injection: 'the nemesis sends them',
  guarantee: 'state only moves forward',
  operations: 950,
  perSecond: 25,
  shop: { hasWebhooks: true },
  async nemesis(context) {
    const { load, shop, random, notes } = context
    const statuses = { genuine: new Set<number>(), forged: new Set<number>() }
    notes.set('statuses', statuses)
    // Slow confirmations leave time for a webhook to arrive before the shop's own commit.
    await shop.provider.fault({ mode: 'slow', delayMs: 150, probability: 0.5 })
    await load.until(0.05)
    while (load.share() < 0.95) {
      const [intent] = (await shop.provider.latest(8)).toSorted(() => random.float() - 0.5)
      if (intent !== undefined) await sendWebhooks(context, intent, statuses)
      await delay(random.between(5, 60))
    }
    await shop.provider.heal()
  },
  checker({ notes }) {
    const { genuine, forged } = notes.get('statuses') as { genuine: Set<number>; forged: Set<number> }
    return [
      ...([...forged].some((status) => status < 400 || status >= 500)
        ? [`forged webhooks got status ${[...forged].join(', ')}`]
        : []),
      ...([...genuine].some((status) => status !== 200)
        ? [`genuine webhooks got status ${[...genuine].join(', ')}`]
        : []),
      ...(genuine.size === 0 || forged.size === 0 ? ['no webhook was sent'] : []),
    ]
  },
})

type Intent = Record<string, unknown>

/** Sends the webhooks of one payment in random order: duplicate, stale and early ones, then forged ones. */
async function sendWebhooks(
  { shop, random }: RowContext,
  intent: Intent,
  statuses: { genuine: Set<number>; forged: Set<number> },
): Promise<void> {
  const url = `${random.pick(shop.urls)}/webhooks/payment`
  const succeeded = { ...intent, status: 'succeeded' }
  const isCaptured = intent['status'] === 'succeeded'
  const stale = { ...intent, status: 'requires_payment_method', last_payment_error: { code: 'card_declined' } }
  const events = [
    // After the capture: a duplicate of the current event, and a stale event of an earlier state.
    ...(isCaptured
      ? [event('payment_intent.succeeded', succeeded), event('payment_intent.payment_failed', stale)]
      : []),
    event('payment_intent.created', { ...intent, status: 'requires_payment_method' }),
  ]
  for (const body of events.toSorted(() => random.float() - 0.5))
    statuses.genuine.add(await send(url, body, sign(body)))
  const forged = event('payment_intent.succeeded', succeeded)
  const expiredAt = Math.floor(Date.now() / 1000) - 86_400
  for (const signature of [
    undefined,
    sign(forged, { secret: 'whsec_of_another_account' }),
    sign(forged, { at: expiredAt }),
    't=1,v1=00',
  ])
    statuses.forged.add(await send(url, forged, signature))
}

const event = (type: string, object: Intent): string =>
  JSON.stringify({ id: `evt_${type}_${String(object['id'])}`, object: 'event', type, data: { object } })

function sign(body: string, { secret = providerKeys.webhookSecret, at = Math.floor(Date.now() / 1000) } = {}): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`
}

async function send(url: string, body: string, signature: string | undefined): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      ...(signature === undefined ? {} : { 'stripe-signature': signature }),
    },
    signal: AbortSignal.timeout(5_000),
  })
  await response.arrayBuffer()
  return response.status
}

import { createHmac } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { providerKeys } from '../shop/provider.ts'
import { defineRow, type Stage } from '../row.ts'

/** Beside the webhooks that the provider sends itself: the same again, in any order, too early, forged. */
export const webhooks = defineRow({
  row: 21,
  fault: 'webhooks duplicated, reordered, forged, ahead of our commit',
  how: 'script',
  holds: 'state only moves forward',
  orders: 950,
  perSecond: 25,
  shop: { hasWebhooks: true },
  async disturb(stage) {
    const { load, shop, chance, notes } = stage
    const answers = { genuine: new Set<number>(), forged: new Set<number>() }
    notes.set('answers', answers)
    // Payments are slow to be confirmed: there is time to be ahead of our own commit.
    await shop.provider.fault({ mode: 'slow', delayMs: 150, probability: 0.5 })
    await load.until(0.05)
    while (load.share() < 0.95) {
      const [intent] = (await shop.provider.latest(8)).toSorted(() => chance.float() - 0.5)
      if (intent !== undefined) await storm(stage, intent, answers)
      await delay(chance.between(5, 60))
    }
    await shop.provider.heal()
  },
  besides({ notes }) {
    const { genuine, forged } = notes.get('answers') as { genuine: Set<number>; forged: Set<number> }
    return [
      ...([...forged].some((status) => status < 400 || status >= 500)
        ? [`forged webhooks were answered ${[...forged].join(', ')}`]
        : []),
      ...([...genuine].some((status) => status !== 200) ? [`webhooks were answered ${[...genuine].join(', ')}`] : []),
      ...(genuine.size === 0 || forged.size === 0 ? ['no webhook was sent'] : []),
    ]
  },
})

type Intent = Record<string, unknown>

/** One payment, told in every way it can be told. */
async function storm(
  { shop, chance }: Stage,
  intent: Intent,
  answers: { genuine: Set<number>; forged: Set<number> },
): Promise<void> {
  const url = `${chance.pick(shop.urls)}/webhooks/payment`
  const succeeded = { ...intent, status: 'succeeded' }
  const isCaptured = intent['status'] === 'succeeded'
  const stale = { ...intent, status: 'requires_payment_method', last_payment_error: { code: 'card_declined' } }
  const events = [
    // Once it was captured, what was true before comes late, and what is true comes again.
    ...(isCaptured
      ? [event('payment_intent.succeeded', succeeded), event('payment_intent.payment_failed', stale)]
      : []),
    event('payment_intent.created', { ...intent, status: 'requires_payment_method' }),
  ]
  for (const body of events.toSorted(() => chance.float() - 0.5)) answers.genuine.add(await send(url, body, sign(body)))
  const lie = event('payment_intent.succeeded', succeeded)
  const old = Math.floor(Date.now() / 1000) - 86_400
  for (const signature of [
    undefined,
    sign(lie, { secret: 'whsec_of_somebody_else' }),
    sign(lie, { at: old }),
    't=1,v1=00',
  ])
    answers.forged.add(await send(url, lie, signature))
}

const event = (type: string, object: Intent): string =>
  JSON.stringify({ id: `evt_${type}_${String(object['id'])}`, object: 'event', type, data: { object } })

function sign(body: string, { secret = providerKeys.webhookSecret, at = Math.floor(Date.now() / 1000) } = {}): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`
}

async function send(url: string, body: string, signature: string | undefined): Promise<number> {
  const answer = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      ...(signature === undefined ? {} : { 'stripe-signature': signature }),
    },
    signal: AbortSignal.timeout(5_000),
  })
  await answer.arrayBuffer()
  return answer.status
}

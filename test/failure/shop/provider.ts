import { freePort } from '#lib/free-port'
import { createReplica, type Replica } from './replica.ts'

/** The sandbox payment provider, in its own process and with its own ledger. */
export interface Provider extends AsyncDisposable {
  readonly url: string
  readonly replica: Replica
  /** Adds a fault to the active ones (src/sandbox/faults.ts). */
  fault(fault: Record<string, unknown>): Promise<void>
  /** Removes all faults. */
  heal(): Promise<void>
  ledger(): Promise<ProviderIntent[]>
  /** The newest payments as the provider's API returns them, to build webhooks from. */
  latest(count: number): Promise<Record<string, unknown>[]>
}

/** A payment in the provider's ledger. */
export interface ProviderIntent {
  id: string
  status: string
  amount: number
  currency: string
  captured: number
  captures: number
  refunded: number
  metadata: Record<string, string>
}

export const providerKeys = { apiKey: 'sk_test_failure_0123456789', webhookSecret: 'whsec_failure_0123456789' }

export async function startProvider(dataDir: string, webhookUrl: string | undefined): Promise<Provider> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const replica = createReplica({
    name: 'provider',
    args: ['sandbox', '--port', String(port), ...(webhookUrl === undefined ? [] : ['--webhook', webhookUrl])],
    port,
    env: {
      DATA_DIR: dataDir,
      PAYMENT_SECRET_KEY: providerKeys.apiKey,
      PAYMENT_WEBHOOK_SECRET: providerKeys.webhookSecret,
    },
  })
  await replica.start()

  return {
    url,
    replica,
    async fault(fault) {
      await fetchJson(`${url}/_sandbox/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fault),
      })
    },
    heal: async () => void (await fetchJson(`${url}/_sandbox/faults`, { method: 'DELETE' })),
    async ledger() {
      const intents: ProviderIntent[] = []
      for (let after = ''; ;) {
        const page = (await fetchJson(
          `${url}/_sandbox/ledger?limit=1000${after === '' ? '' : `&after=${after}`}`,
        )) as LedgerPage
        intents.push(...page.data)
        if (!page.has_more) return intents
        after = page.next ?? ''
      }
    },
    async latest(count) {
      const headers = { authorization: `Bearer ${providerKeys.apiKey}` }
      const page = (await fetchJson(`${url}/v1/payment_intents?limit=${count}`, { headers })) as {
        data: Record<string, unknown>[]
      }
      return page.data
    },
    [Symbol.asyncDispose]: () => replica.kill(),
  }
}

interface LedgerPage {
  data: ProviderIntent[]
  has_more: boolean
  next: string | null
}

async function fetchJson(url: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000), ...init })
  if (!response.ok) throw new Error(`the provider returned status ${response.status}: ${await response.text()}`)
  return response.json()
}

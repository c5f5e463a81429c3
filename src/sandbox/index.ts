import { setMaxListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { Connections, type SandboxContext } from './context.ts'
import { Faults } from './faults.ts'
import { Ledger } from './ledger.ts'
import { createServer } from './server.ts'
import { WebhookDispatcher, type SandboxLogger, type WebhookEndpoint } from './webhooks.ts'

export interface SandboxOptions {
  /** 0 selects a free port. */
  port: number
  /** Default 127.0.0.1. */
  host?: string
  /** Folder of the ledger; created if needed, used by one process at a time. */
  dataDir: string
  /** The secret key that clients send. */
  apiKey: string
  /** Webhook endpoint that events are posted to. Without it no events are kept. */
  webhook?: WebhookEndpoint
  /** Address of the sandbox for buyers' browsers, for 3-D Secure. Default: the address it listens on. */
  publicUrl?: string
  logger?: SandboxLogger
}

export interface Sandbox {
  url: string
  port: number
  /** Responds to the calls in progress, then stops. Pending webhooks are delivered after the next start. */
  close(): Promise<void>
}

/**
 * Starts the sandbox payment provider: a server that implements the part of Stripe's API that a shop uses, keeps its own ledger,
 * and injects faults on request.
 * @throws when the port is taken, or the folder is in use, damaged or not writable; the message says what to do.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { host = '127.0.0.1', port, dataDir, apiKey, webhook, logger = silent } = options
  const ledger = await Ledger.open(dataDir, (error) => logger.error({ err: error }, error.message))
  const closing = new AbortController()
  // Each call that a fault delays adds a listener.
  setMaxListeners(0, closing.signal)
  const faults = new Faults()
  const webhooks = webhook
    ? new WebhookDispatcher({
        endpoint: webhook,
        publicUrl: () => context.publicUrl,
        faults,
        logger,
        onDone: (id) => ledger.eventDone(id),
      })
    : null
  const context: SandboxContext = {
    ledger,
    faults,
    connections: new Connections(),
    webhooks,
    closing: closing.signal,
    publicUrl: '',
  }
  const server = createServer(context, { apiKey, logger })
  if (webhooks) ledger.onEvents = (events) => webhooks.enqueue(events)

  const close = async (): Promise<void> => {
    closing.abort()
    webhooks?.stop()
    // Calls whose change is being written get their response before their connection is closed.
    await ledger.flushed().catch(() => {})
    await setImmediate()
    await server.close()
    await ledger.close()
  }

  try {
    const url = await server.listen({ host, port })
    context.publicUrl = (options.publicUrl ?? url).replace(/\/+$/, '')
    webhooks?.enqueue(ledger.takeUndelivered())
    return { url, port: Number(new URL(url).port), close }
  } catch (cause) {
    await close()
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new Error(`The sandbox payment provider cannot listen on ${host}:${port} (${code}). Give it another port.`, {
      cause,
    })
  }
}

const silent: SandboxLogger = { info: () => {}, warn: () => {}, error: () => {} }

import { setMaxListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { Connections, type SandboxContext } from './context.ts'
import { Faults } from './faults.ts'
import { Ledger } from './ledger.ts'
import { createServer } from './server.ts'
import { Webhooks, type SandboxLogger, type WebhookTarget } from './webhooks.ts'

export interface SandboxOptions {
  /** 0 takes a free one. */
  port: number
  /** Default 127.0.0.1. */
  host?: string
  /** Its ledger; created where it is missing, used by one process at a time. */
  dataDir: string
  /** The secret key that clients send. */
  apiKey: string
  /** Where events are posted; without it none are kept. */
  webhook?: WebhookTarget
  /** Where buyers' browsers reach the sandbox, for 3-D Secure. Default: where it listens. */
  publicUrl?: string
  logger?: SandboxLogger
}

export interface Sandbox {
  url: string
  port: number
  /** Answers what is being executed, then stops; webhooks that are pending are delivered after the next start. */
  close(): Promise<void>
}

/**
 * Starts the sandbox payment provider: a server that speaks the part of Stripe's API that a shop uses, keeps its own ledger, and can
 * be told to misbehave. Throws, saying what to do, where the port is taken or the folder is in use, damaged or not writable.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { host = '127.0.0.1', port, dataDir, apiKey, webhook, logger = silent } = options
  const ledger = await Ledger.open(dataDir, (error) => logger.error({ err: error }, error.message))
  const closing = new AbortController()
  // Every call that a fault delays listens to it.
  setMaxListeners(0, closing.signal)
  const faults = new Faults()
  const webhooks = webhook
    ? new Webhooks({
        target: webhook,
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
    // What is being written now is answered before its connection is closed.
    await ledger.settled().catch(() => {})
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

import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Stripe from 'stripe'
import { startSandbox, type Sandbox, type SandboxOptions } from './index.ts'

/** A sandbox for the tests of this folder, on a free port with a temporary folder, and the real SDK connected to it. */
export interface TestSandbox extends AsyncDisposable {
  url: string
  dataDir: string
  stripe: Stripe
  /** Stops the sandbox and starts it again on the same folder and port. */
  restart(changes?: Partial<SandboxOptions>): Promise<void>
  stop(): Promise<void>
  control<Result = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Result>
}

export const apiKey = 'sk_test_sandbox'

export async function testSandbox(options: Partial<SandboxOptions> = {}): Promise<TestSandbox> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'holdfast-sandbox-')))
  const settings = { port: 0, dataDir, apiKey, ...options }
  let sandbox: Sandbox | null = await startSandbox(settings)
  const { url, port } = sandbox
  const stop = async (): Promise<void> => {
    await sandbox?.close()
    sandbox = null
  }
  return {
    url,
    dataDir,
    stop,
    stripe: stripeClient(port),
    restart: async (changes = {}) => {
      await stop()
      sandbox = await startSandbox({ ...settings, ...changes, port })
    },
    control: async <Result>(method: string, path: string, body?: unknown) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' }
      const text = body === undefined ? null : JSON.stringify(body)
      const response = await fetch(`${url}/_sandbox/${path}`, { method, headers, body: text })
      const result: unknown = await response.json()
      if (!response.ok) throw new Error(`${response.status}: ${JSON.stringify(result)}`)
      return result as Result
    },
    [Symbol.asyncDispose]: async () => {
      await stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export function stripeClient(port: number, key = apiKey): Stripe {
  return new Stripe(key, {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
    timeout: 10_000,
  })
}

export interface Delivery {
  headers: IncomingHttpHeaders
  body: string
}

/** A webhook endpoint that responds with `status()`, or never when that is null. */
export async function testReceiver(status: () => number | null = () => 200) {
  const deliveries: Delivery[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      deliveries.push({ headers: request.headers, body })
      const code = status()
      if (code !== null) response.writeHead(code).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/payment`,
    deliveries,
    [Symbol.asyncDispose]: async (): Promise<void> => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

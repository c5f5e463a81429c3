import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { demoAccounts, seed } from '#app'
import { loadConfig, type Config } from '#config'
import { freePort } from '#lib/free-port'
import { startHttpServer, startMetricsServer } from '#http'
import { collectProcessMetrics, metricsText, type Logger } from '#telemetry'
import { openShop, type Shop } from './boot.ts'
import { readKeys } from './keys.ts'
import { buildPages } from './pages.ts'
import { runUntilStopped } from './run.ts'
import { print } from './print.ts'
import { startWorker, type Worker } from './worker.ts'

/** A whole shop on one machine: database, schema, keys, demo data, payment sandbox, pages, web and worker. */
export async function start({ hasPages }: { hasPages: boolean }): Promise<void> {
  // Lines of people and lines of machines do not mix well: unless asked for, only trouble is logged here.
  process.env['LOG_LEVEL'] ??= 'warn'
  // Settled before the shop is opened, for the links in letters and the way back from the bank.
  if (loadConfig().PORT === 0) process.env['PORT'] = String(await freePort())
  process.env['SHOP_URL'] ??= `http://localhost:${loadConfig().PORT}`
  const config = loadConfig()
  collectProcessMetrics()
  if (hasPages) await buildPages(print)
  const isSandboxed = config.PAYMENT_SECRET_KEY === undefined && config.PAYMENT_URL === undefined
  const sandbox = isSandboxed ? await planSandbox(config) : undefined
  const shop = await openShop({ tell: print, isStart: true, ...(sandbox === undefined ? {} : { payment: sandbox }) })
  try {
    await sell(shop, sandbox)
  } catch (error) {
    await shop.close()
    throw error
  }
}

async function sell(shop: Shop, sandbox: Sandbox | undefined): Promise<void> {
  const { config, log } = shop
  if (!config.READ_ONLY && (await seed(shop.app))) print('Filled the empty shop with demo products.')
  // The server is there before the worker that it asks for.
  const begun: { worker?: Worker } = {}
  const http = await startHttpServer({ app: shop.app, isAlive: () => begun.worker?.health.isAlive() ?? true })
  const provider =
    sandbox === undefined ? undefined : await startSandboxProcess(sandbox, { config, log, shopUrl: http.url })
  // A worker does nothing but write.
  if (!config.READ_ONLY) begun.worker = await startWorker(shop)
  if (config.METRICS_PORT !== undefined)
    await startMetricsServer({ port: config.METRICS_PORT, host: config.HOST, text: metricsText })
  for (const line of welcome(config, sandbox?.url)) print(line)
  print(`The shop is ready at ${http.url}`)
  await runUntilStopped(
    { shop, http, ...begun, ...(provider === undefined ? {} : { alsoStop: provider.stop }) },
    { shutdownMs: Math.min(config.SHUTDOWN_MS, 4_500), tell: print },
  )
}

function welcome(config: Config, sandboxUrl: string | undefined): string[] {
  return [
    '',
    ...demoAccounts.map(({ role, email, password }) => `  demo ${role.padEnd(8)}  ${email}  password ${password}`),
    ...(sandboxUrl === undefined
      ? []
      : [
          `  payment sandbox ${sandboxUrl}  (faults can be switched there; cards: pm_card_visa, pm_card_visa_chargeDeclined)`,
        ]),
    ...(config.SMTP_URL === undefined ? [`  mail is written to ${join(config.DATA_DIR, 'emails')}`] : []),
    '  Ctrl-C stops everything.',
    '',
  ]
}

interface Sandbox {
  url: string
  port: number
  secretKey: string
  webhookSecret: string
}

/** Its address is settled before the shop is opened, and stays the same when it is restarted. */
async function planSandbox(config: Config): Promise<Sandbox> {
  const { sandboxKey, sandboxWebhookSecret } = await readKeys(config.DATA_DIR)
  const port = await freePort()
  return { url: `http://127.0.0.1:${port}`, port, secretKey: sandboxKey, webhookSecret: sandboxWebhookSecret }
}

/** The sandbox provider as a process of its own, which ends with ours and is started again when it dies. */
async function startSandboxProcess(
  sandbox: Sandbox,
  { config, log, shopUrl }: { config: Config; log: Logger; shopUrl: string },
): Promise<{ stop(): Promise<void> }> {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))
  let isStopping = false
  let child: ChildProcess

  async function launch(): Promise<void> {
    child = fork(main, ['sandbox', '--port', String(sandbox.port), '--webhook', `${shopUrl}/webhooks/payment`], {
      env: { ...process.env, DATA_DIR: config.DATA_DIR },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // Ctrl-C in a terminal reaches the whole group; the provider is to stay until the worker has finished with it.
      detached: true,
    })
    child.once('exit', (code, signal) => {
      if (isStopping) return
      log.warn({ code, signal }, 'the payment sandbox has died; starting it again')
      setTimeout(() => void launch(), 500)
    })
    await Promise.race([once(child, 'message'), once(child, 'exit')])
  }

  await launch()
  return {
    async stop() {
      isStopping = true
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { demoAccounts, seed } from '#app'
import { loadConfig, type Config } from '#config'
import { freePort } from '#lib/free-port'
import { startHttpServer } from '#http'
import { collectProcessMetrics, metricsText, type Logger } from '#telemetry'
import { openShop, type Shop } from './boot.ts'
import { readKeys } from './keys.ts'
import { buildPages } from './pages.ts'
import { runUntilStopped } from './graceful-shutdown.ts'
import { serveMetrics } from './metrics-port.ts'
import { print } from './print.ts'
import { requireProductionSafety } from './production.ts'
import { mayHaveDemoAccounts } from './seed.ts'
import { startWorker, type Worker } from './message-worker.ts'
import { startTelemetry } from './telemetry.ts'

/** Runs a whole shop on one machine: database, schema, keys, demo data, payment sandbox, pages, web and worker. */
export async function start({ hasPages }: { hasPages: boolean }): Promise<void> {
  // Log lines would bury the lines for people: only warnings and errors are logged unless LOG_LEVEL is set.
  process.env['LOG_LEVEL'] ??= 'warn'
  requireProductionSafety(loadConfig())
  // The address must be known before the shop opens: links in emails and the return from the bank contain it.
  if (loadConfig().PORT === 0) process.env['PORT'] = String(await freePort())
  process.env['SHOP_URL'] ??= `http://localhost:${loadConfig().PORT}`
  const config = loadConfig()
  collectProcessMetrics()
  if (hasPages) await buildPages(print)
  const isSandboxed = config.PAYMENT_SECRET_KEY === undefined && config.PAYMENT_URL === undefined
  const sandbox = isSandboxed ? await prepareSandbox(config) : undefined
  const shop = await openShop({ print, isStart: true, ...(sandbox === undefined ? {} : { payment: sandbox }) })
  try {
    await runShop(shop, sandbox)
  } catch (error) {
    await shop.close()
    throw error
  }
}

async function runShop(shop: Shop, sandbox: Sandbox | undefined): Promise<void> {
  const { config, log } = shop
  const hasDemoAccounts = mayHaveDemoAccounts(config)
  if (!config.READ_ONLY && (await seed(shop.app, { hasDemoAccounts })))
    print('Filled the empty shop with demo products.')
  const stopTelemetry = await startTelemetry(config, { log, role: 'start' })
  // The server starts before the worker whose health it reports.
  const started: { worker?: Worker } = {}
  const http = await startHttpServer({ app: shop.app, isAlive: () => started.worker?.health.isAlive() ?? true })
  const provider =
    sandbox === undefined ? undefined : await startSandboxProcess(sandbox, { config, log, shopUrl: http.url })
  // A worker only writes.
  if (!config.READ_ONLY) started.worker = await startWorker(shop)
  await serveMetrics(config, metricsText)
  for (const line of welcome(config, sandbox?.url)) print(line)
  print(`The shop is ready at ${http.url}`)
  await runUntilStopped(
    { shop, http, stopTelemetry, ...started, ...(provider === undefined ? {} : { stopOthers: provider.stop }) },
    { shutdownMs: Math.min(config.SHUTDOWN_MS, 4_500), print },
  )
}

function welcome(config: Config, sandboxUrl: string | undefined): string[] {
  return [
    '',
    ...(mayHaveDemoAccounts(config)
      ? demoAccounts.map(({ role, email, password }) => `  demo ${role.padEnd(8)}  ${email}  password ${password}`)
      : ['  npm run staff -- add EMAIL creates an account of staff']),
    ...(sandboxUrl === undefined
      ? []
      : [
          `  payment sandbox ${sandboxUrl}  (switch faults there; test cards: pm_card_visa, pm_card_visa_chargeDeclined)`,
        ]),
    ...(config.SMTP_URL === undefined ? [`  emails are written to ${join(config.DATA_DIR, 'emails')}`] : []),
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

/** Chooses the sandbox's port before the shop opens; it stays the same when the sandbox is restarted. */
async function prepareSandbox(config: Config): Promise<Sandbox> {
  const { sandboxKey, sandboxWebhookSecret } = await readKeys(config.DATA_DIR)
  const port = await freePort()
  return { url: `http://127.0.0.1:${port}`, port, secretKey: sandboxKey, webhookSecret: sandboxWebhookSecret }
}

/** Runs the sandbox provider in a process of its own, which is stopped with this one and restarted when it exits. */
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
      // Detached, since Ctrl-C reaches the whole process group and the worker still needs the provider while draining.
      detached: true,
    })
    child.once('exit', (code, signal) => {
      if (isStopping) return
      log.warn({ code, signal }, 'the payment sandbox has exited; starting it again')
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

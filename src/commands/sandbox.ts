import { join } from 'node:path'
import { loadConfig } from '#config'
import { startSandbox } from '#sandbox'
import { readKeys } from './keys.ts'
import { stopRequested } from './signals.ts'
import { print } from './print.ts'

/** Runs the sandbox payment provider with the keys of this data folder. */
export async function sandbox({ port, webhook }: { port: number; webhook: string | undefined }): Promise<void> {
  const config = loadConfig()
  const keys = await readKeys(config.DATA_DIR)
  const provider = await startSandbox({
    port,
    dataDir: join(config.DATA_DIR, 'sandbox'),
    apiKey: config.PAYMENT_SECRET_KEY ?? keys.sandboxKey,
    ...(webhook === undefined
      ? {}
      : { webhook: { url: webhook, secret: config.PAYMENT_WEBHOOK_SECRET ?? keys.sandboxWebhookSecret } }),
  })
  print(`The payment sandbox is ready at ${provider.url}`)
  process.send?.({ ready: provider.url })
  await stopRequested()
  setTimeout(() => process.exit(1), 3_000).unref()
  await provider.close()
  process.exit(0)
}

import { fork } from 'node:child_process'
import { openStage } from './stage.ts'
import { startChild } from './child.ts'
import { waitFor } from '#test'
await using stage = await openStage()
{
  await using asking = await startChild<any, any>('asking.ts', stage.env)
  const carts = { prefix: 'w', count: 4000, skus: 'spread' as const }
  await stage.fillCarts(carts)
  await asking.ask({ ...carts, callers: 64, seconds: 1 }).catch(() => {})
}
const open = async () => Number((await stage.query<any>(`select count(*) as n from "order".orders where status = 'placed'`))[0].n)
const total = await open()
console.log('placed', total)
const worker = fork('src/main.ts', ['worker'], { env: { ...process.env, ...stage.env, NODE_NO_WARNINGS: '1' }, execArgv: ['--import', '/tmp/profhook.mjs'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
await waitFor(async () => (await open()) < total * 0.9, { timeoutMs: 60000, what: 'x' })
const t = performance.now(), from = await open()
await waitFor(async () => (await open()) < total * 0.2, { timeoutMs: 60000, what: 'x' })
console.log('paid/s', Math.round((from - (await open())) / (performance.now() - t) * 1000))
worker.kill('SIGTERM')
await new Promise((r) => worker.once('exit', r))

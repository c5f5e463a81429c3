import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startChild } from '../shop/children.ts'
import { readHistory, type Attempt } from './history.ts'
import type { ClientOrders, FromClient, ToClient } from './client.ts'
import type { Operation } from './plan.ts'

/** The buyers at work, as the runner sees them. */
export interface Load extends AsyncDisposable {
  /** Resolves when this share (0 to 1) of the schedule has begun. */
  until(share: number): Promise<void>
  /** Resolves a moment after the next order was acknowledged. */
  acknowledged(): Promise<void>
  /** Places one more order; answers its id once it is acknowledged. */
  probe(): Promise<string | undefined>
  /** The share of the schedule that has begun. */
  share(): number
  /** Waits until every buyer has a definite answer or has given up. */
  finished(): Promise<void>
  history(): Promise<Attempt[]>
}

const client = fileURLToPath(new URL('client.ts', import.meta.url))

export interface LoadOptions {
  folder: string
  urls: string[]
  plan: readonly Operation[]
  probeSku: string
  patienceMs: number
  timeoutMs: number
  seed: number
}

export async function startLoad({ folder, plan, ...rest }: LoadOptions): Promise<Load> {
  const planFile = join(folder, 'plan.json')
  const historyFile = join(folder, 'history.jsonl')
  await writeFile(planFile, JSON.stringify(plan))
  const orders: ClientOrders = { ...rest, planFile, historyFile }
  const child = await startChild(process.execPath, [client, JSON.stringify(orders)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { PATH: process.env['PATH'] ?? '', NODE_NO_WARNINGS: '1' },
  })

  const told = { begun: 0, done: 0, acknowledged: 0 }
  const isFinished = Promise.withResolvers<void>()
  const probes = new Map<number, (orderId: string | undefined) => void>()
  const watchers = new Set<() => void>()
  child.process.on('message', (message: FromClient) => {
    if (message.type === 'progress') Object.assign(told, message)
    if (message.type === 'probed') probes.get(message.n)?.(message.orderId)
    if (message.type === 'finished') {
      Object.assign(told, { begun: plan.length, done: plan.length, acknowledged: message.acknowledged })
      isFinished.resolve()
    }
    for (const watch of watchers) watch()
  })
  child.process.once('exit', (code) => isFinished.reject(new Error(`the process of the buyers ended with ${code}`)))
  isFinished.promise.catch(() => undefined)
  const [first] = (await Promise.race([
    once(child.process, 'message'),
    once(child.process, 'exit').then(() => {
      throw new Error('the process of the buyers did not start')
    }),
  ])) as [FromClient]
  if (first.type !== 'ready') throw new Error('the buyers are not ready')

  async function reached(condition: () => boolean): Promise<void> {
    const holds = new Promise<void>((resolve) => {
      const watch = (): void => {
        if (!condition()) return
        watchers.delete(watch)
        resolve()
      }
      watchers.add(watch)
      watch()
    })
    await Promise.race([holds, isFinished.promise])
  }

  return {
    share: () => told.begun / plan.length,
    finished: () => isFinished.promise,
    history: () => readHistory(historyFile),
    until: (share) => reached(() => told.begun >= Math.floor(plan.length * share)),
    acknowledged() {
      const before = told.acknowledged
      return reached(() => told.acknowledged > before)
    },
    async probe() {
      const n = probes.size
      const message: ToClient = { type: 'probe', n }
      const probed = new Promise<string | undefined>((resolve) => probes.set(n, resolve))
      child.process.send(message)
      return probed
    },
    [Symbol.asyncDispose]: () => child.end(),
  }
}

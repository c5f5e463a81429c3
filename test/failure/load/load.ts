import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startChild } from '../shop/children.ts'
import { readHistory, type Attempt } from './history.ts'
import type { ClientConfig, FromClient, ToClient } from './client.ts'
import type { Operation } from './plan.ts'

/** Handle on the buyers, who run in a process of their own (client.ts). */
export interface Load extends AsyncDisposable {
  /** Resolves when this share (0 to 1) of the schedule has begun. */
  until(share: number): Promise<void>
  /** Resolves within 100 ms after the next order is acknowledged. */
  nextAcknowledgement(): Promise<void>
  /** Places one more order. @returns its id once it is acknowledged */
  probe(): Promise<string | undefined>
  /** The share of the schedule that has begun, 0 to 1. */
  share(): number
  /** Resolves when every buyer has a definite reply or has given up. */
  finished(): Promise<void>
  history(): Promise<Attempt[]>
}

const client = fileURLToPath(new URL('client.ts', import.meta.url))

export interface LoadOptions {
  folder: string
  urls: string[]
  plan: readonly Operation[]
  probeSku: string
  /** Time after the end of the schedule during which buyers still retry, ms. */
  retriesForMs: number
  /** Longest wait for one reply, ms. */
  timeoutMs: number
  seed: number
}

export async function startLoad({ folder, plan, ...rest }: LoadOptions): Promise<Load> {
  const planFile = join(folder, 'plan.json')
  const historyFile = join(folder, 'history.jsonl')
  await writeFile(planFile, JSON.stringify(plan))
  const config: ClientConfig = { ...rest, planFile, historyFile }
  const child = await startChild(process.execPath, [client, JSON.stringify(config)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { PATH: process.env['PATH'] ?? '', NODE_NO_WARNINGS: '1' },
  })

  const progress = { begun: 0, done: 0, acknowledged: 0 }
  const finished = Promise.withResolvers<void>()
  const probes = new Map<number, (orderId: string | undefined) => void>()
  const watchers = new Set<() => void>()
  child.process.on('message', (message: FromClient) => {
    if (message.type === 'progress') Object.assign(progress, message)
    if (message.type === 'probed') probes.get(message.n)?.(message.orderId)
    if (message.type === 'finished') {
      Object.assign(progress, { begun: plan.length, done: plan.length, acknowledged: message.acknowledged })
      finished.resolve()
    }
    for (const watch of watchers) watch()
  })
  child.process.once('exit', (code) =>
    finished.reject(new Error(`the buyers' process ended early, with exit code ${code}`)),
  )
  finished.promise.catch(() => undefined)
  const [first] = (await Promise.race([
    once(child.process, 'message'),
    once(child.process, 'exit').then(() => {
      throw new Error("the buyers' process ended before it was ready")
    }),
  ])) as [FromClient]
  if (first.type !== 'ready') throw new Error(`the buyers' process sent ${first.type} before it was ready`)

  async function reached(condition: () => boolean): Promise<void> {
    const isReached = new Promise<void>((resolve) => {
      const watch = (): void => {
        if (!condition()) return
        watchers.delete(watch)
        resolve()
      }
      watchers.add(watch)
      watch()
    })
    await Promise.race([isReached, finished.promise])
  }

  return {
    share: () => progress.begun / plan.length,
    finished: () => finished.promise,
    history: () => readHistory(historyFile),
    until: (share) => reached(() => progress.begun >= Math.floor(plan.length * share)),
    nextAcknowledgement() {
      const before = progress.acknowledged
      return reached(() => progress.acknowledged > before)
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

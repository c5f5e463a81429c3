import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readHistory, type Attempt } from '../../failure/load/history.ts'
import type { Operation } from '../../failure/load/plan.ts'
import { startChild } from '../../failure/shop/children.ts'
import type { Colour } from '../haproxy.ts'
import type { FailedRequest, FromTraffic, Sample, ToTraffic, TrafficConfig } from './messages.ts'

/** Handle on the clients, who run in a process of their own (client.ts). */
export interface Traffic extends AsyncDisposable {
  readonly samples: readonly Sample[]
  readonly failed: readonly FailedRequest[]
  readonly progress: { orders: number; begun: number; inFlight: number }
  /** Slow resolvers learn the live colour. */
  resolve(colour: Colour): void
  /** No more journeys begin. */
  stop(): void
  /** Resolves when every journey has ended. @returns the number of those that ended by an error */
  finished(): Promise<number>
  history(): Promise<Attempt[]>
}

const client = fileURLToPath(new URL('client.ts', import.meta.url))

export interface TrafficOptions extends Omit<TrafficConfig, 'planFile' | 'historyFile'> {
  folder: string
  plan: readonly Operation[]
  /** Called for each second. */
  onSecond(samples: readonly Sample[]): void
}

export async function startTraffic({ folder, plan, onSecond, ...rest }: TrafficOptions): Promise<Traffic> {
  const planFile = join(folder, 'plan.json')
  const historyFile = join(folder, 'history.jsonl')
  await writeFile(planFile, JSON.stringify(plan))
  const config: TrafficConfig = { ...rest, planFile, historyFile }
  const child = await startChild(process.execPath, [client, JSON.stringify(config)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { PATH: process.env['PATH'] ?? '', NODE_NO_WARNINGS: '1' },
  })
  const samples: Sample[] = []
  const failed: FailedRequest[] = []
  const progress = { orders: 0, begun: 0, inFlight: 0 }
  const finished = Promise.withResolvers<number>()
  finished.promise.catch(() => undefined)
  child.process.on('message', (message: FromTraffic) => {
    if (message.type === 'finished') finished.resolve(message.abandoned)
    if (message.type !== 'samples') return
    samples.push(...message.samples)
    failed.push(...message.failed)
    Object.assign(progress, { orders: message.orders, begun: message.begun, inFlight: message.inFlight })
    onSecond(message.samples)
  })
  child.process.once('exit', (code) =>
    finished.reject(new Error(`the clients' process ended early, with exit code ${code}`)),
  )
  await Promise.race([once(child.process, 'message'), finished.promise])
  return {
    samples,
    failed,
    progress,
    resolve: (colour) => void child.process.send({ type: 'resolve', colour } satisfies ToTraffic),
    stop: () => void child.process.send({ type: 'stop' } satisfies ToTraffic),
    finished: () => finished.promise,
    history: () => readHistory(historyFile),
    [Symbol.asyncDispose]: () => child.end(),
  }
}

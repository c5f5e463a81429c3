import { randomUUID } from 'node:crypto'
import { createLog } from '#telemetry'
import { createWakeUpProducer, startWakeUpConsumers, type QueueOptions } from './index.ts'
import type { WakeUpConsumersOptions } from './consumer.ts'

export const log = createLog('silent')
export const onRedis = (redisUrl: string): QueueOptions => ({ redisUrl, databaseUrl: '', log })

/** A waker and workers on one queue, and what has been woken. */
export function openSides(options: QueueOptions, more: Partial<WakeUpConsumersOptions> = {}) {
  const woken = new Set<string>()
  const kinds = ['cart', 'order']
  const waker = createWakeUpProducer(options, kinds)
  const workers = startWakeUpConsumers({
    ...options,
    kinds,
    concurrency: 4,
    waker,
    stallMs: 15_000,
    handle: async (kind, ids) => {
      for (const id of ids) woken.add(`${kind}:${id}`)
    },
    ...more,
  })
  const wakeUp = (kind: string): string => {
    const id = randomUUID()
    waker.wake([{ kind, id }])
    return `${kind}:${id}`
  }
  return {
    waker,
    workers,
    woken,
    wakeUp,
    /** @returns what sends one more wake-up, and tells whether any of those it sent has arrived */
    nudges(kind: string): () => boolean {
      const sent = new Set<string>()
      return () => {
        sent.add(wakeUp(kind))
        return [...sent].some((one) => woken.has(one))
      }
    },
    async [Symbol.asyncDispose]() {
      await workers.close()
      await waker.close()
    },
  }
}

/** The last value of a counter or gauge with these labels. */
export async function metricValue(
  metric: { get(): Promise<{ values: { value: number; labels: Partial<Record<string, string | number>> }[] }> },
  labels: Record<string, string> = {},
): Promise<number> {
  const { values } = await metric.get()
  return values
    .filter((one) => Object.entries(labels).every(([name, value]) => one.labels[name] === value))
    .reduce((sum, { value }) => sum + value, 0)
}

import { randomUUID } from 'node:crypto'
import { createLog } from '#telemetry'
import { createWakeUpProducer, startWakeUpConsumers, type QueueOptions } from './index.ts'
import type { WakeUpConsumersOptions } from './consumer.ts'

export const log = createLog('silent')
export const redisOptions = (redisUrl: string): QueueOptions => ({ redisUrl, databaseUrl: '', log })

/** A producer and consumers on one queue, and the actors woken so far. */
export function openTestQueue(options: QueueOptions, overrides: Partial<WakeUpConsumersOptions> = {}) {
  const woken = new Set<string>()
  const kinds = ['cart', 'order']
  const producer = createWakeUpProducer(options, kinds)
  const consumers = startWakeUpConsumers({
    ...options,
    kinds,
    concurrency: 4,
    producer,
    stallMs: 15_000,
    handle: async (kind, ids) => {
      for (const id of ids) woken.add(`${kind}:${id}`)
    },
    ...overrides,
  })
  const wakeUp = (kind: string): string => {
    const id = randomUUID()
    producer.wake([{ kind, id }])
    return `${kind}:${id}`
  }
  return {
    producer,
    consumers,
    woken,
    wakeUp,
    /** @returns a predicate that sends another wake-up at each call, and is true once any of them was handled */
    probe(kind: string): () => boolean {
      const sent = new Set<string>()
      return () => {
        sent.add(wakeUp(kind))
        return [...sent].some((actor) => woken.has(actor))
      }
    },
    async [Symbol.asyncDispose]() {
      await consumers.close()
      await producer.close()
    },
  }
}

/** Sum of a counter or gauge over all series with these labels. */
export async function metricValue(
  metric: { get(): Promise<{ values: { value: number; labels: Partial<Record<string, string | number>> }[] }> },
  labels: Record<string, string> = {},
): Promise<number> {
  const { values } = await metric.get()
  return values
    .filter((series) => Object.entries(labels).every(([name, value]) => series.labels[name] === value))
    .reduce((sum, { value }) => sum + value, 0)
}

import { randomUUID } from 'node:crypto'
import net from 'node:net'
import { createLog } from '#telemetry'
import { waitFor } from '#test'
import { createWaker, startWakeWorkers, type QueueOptions } from './index.ts'
import type { WakeWorkersOptions } from './worker.ts'

export const log = createLog('silent')
export const onRedis = (redisUrl: string): QueueOptions => ({ redisUrl, databaseUrl: '', log })

/** A waker and workers on one queue, and what has been woken. */
export function openSides(options: QueueOptions, more: Partial<WakeWorkersOptions> = {}) {
  const woken = new Set<string>()
  const kinds = ['cart', 'order']
  const waker = createWaker(options, kinds)
  const workers = startWakeWorkers({
    ...options,
    kinds,
    concurrency: 4,
    waker,
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
    /** Sends wake-ups until one of them arrives. */
    untilAwake: (kind: string, timeoutMs: number) => {
      const sent = new Set<string>()
      return waitFor(() => (sent.add(wakeUp(kind)), [...sent].some((one) => woken.has(one))), {
        timeoutMs,
        what: `a wake-up of ${kind}`,
      })
    },
    async [Symbol.asyncDispose]() {
      await workers.close()
      await waker.close()
    },
  }
}

/** A way to Redis that can be cut, or leads elsewhere from now on. */
export async function openPath(redis: { port: number }) {
  const connections = new Set<{ inner: net.Socket; outer: net.Socket }>()
  let { port } = redis
  let isHole = false
  const server = net.createServer((inner) => {
    const outer = net.connect(port, '127.0.0.1')
    const pair = { inner, outer }
    connections.add(pair)
    if (!isHole) inner.pipe(outer).pipe(inner)
    for (const socket of [inner, outer]) {
      socket.on('error', () => undefined)
      socket.once('close', () => {
        connections.delete(pair)
        inner.destroy()
        outer.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  /** Both ends learn that their connection is gone. */
  const reset = (): void => {
    for (const { inner, outer } of connections) {
      inner.resetAndDestroy()
      outer.resetAndDestroy()
    }
  }
  return {
    url: `redis://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    reset,
    /** Connections stay open and carry nothing any more; those of later too, if `forGood`. */
    swallow({ forGood }: { forGood: boolean }) {
      isHole = forGood
      for (const { inner, outer } of connections) {
        inner.unpipe(outer).resume()
        outer.unpipe(inner).resume()
      }
    },
    heal() {
      isHole = false
      reset()
    },
    leadTo(other: { port: number }) {
      port = other.port
    },
    async [Symbol.asyncDispose]() {
      reset()
      await new Promise((resolve) => server.close(resolve))
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

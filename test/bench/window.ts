/** Measurements of one window. */
export interface Window {
  ordersPerSecond: number
  /** Latencies, ms. */
  p50: number
  p99: number
  /** CPU time per order, by process, us. */
  cpu?: Readonly<Record<string, number>>
}

/** @param latencies of all calls completed in `seconds`, ms */
export function summarise(latencies: number[], seconds: number): Window {
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { ordersPerSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99) }
}

/** Closed loop: each of `callers` concurrent callers repeats `work` until the time is over. @returns the latency of each call, ms */
export async function closedLoop(
  work: () => Promise<void>,
  { callers, seconds }: { callers: number; seconds: number },
): Promise<{ latencies: number[]; seconds: number }> {
  const latencies: number[] = []
  const startedAt = performance.now()
  const until = startedAt + seconds * 1_000
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < until) {
        const sentAt = performance.now()
        await work()
        latencies.push(performance.now() - sentAt)
      }
    }),
  )
  return { latencies, seconds: (performance.now() - startedAt) / 1_000 }
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** A window without latencies. */
export const rateOnly = (ordersPerSecond: number): Window => ({
  ordersPerSecond,
  p50: Number.NaN,
  p99: Number.NaN,
})

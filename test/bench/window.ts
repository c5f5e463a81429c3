/** One measured window. */
export interface Window {
  ordersPerSecond: number
  /** Latencies, ms. */
  p50: number
  p99: number
  /** CPU that an order took, by process, us. */
  cpu?: Readonly<Record<string, number>>
}

/** @param latencies ms, of all that were done in this many seconds */
export function measured(latencies: number[], seconds: number): Window {
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { ordersPerSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99) }
}

/** Calls `work` again and again from so many callers at once until the time is over. @returns each call's duration, ms */
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

/** A window of which the rate alone is known. */
export const asWindow = (ordersPerSecond: number): Window => ({
  ordersPerSecond,
  p50: Number.NaN,
  p99: Number.NaN,
})

import type { Cluster } from 'node:cluster'
import type { Logger } from '#telemetry'

/** Of several processes behind one port, one whose event loop stands still keeps taking its share of connections: it is ended, and another started. */

const everyMs = 1_000
/** Rounds in a row without a sign of life. Rounds, not seconds: a primary that was frozen itself ends nobody. */
const missedMax = 10

/** In a child: a sign of life now, and every second. */
export function sendHeartbeats(): void {
  const beat = () => process.send?.({ beat: true })
  beat()
  setInterval(beat, everyMs).unref()
}

/** In the primary: ends children that were alive and say nothing any more. Their exit is its own affair. */
export function watchHeartbeats(cluster: Cluster, log: Logger): void {
  const missed = new Map<number, number>()
  cluster.on('message', (child, message: unknown) => {
    if (typeof message === 'object' && message !== null && 'beat' in message) missed.set(child.id, 0)
  })
  cluster.on('exit', (child) => missed.delete(child.id))
  setInterval(() => {
    for (const [id, rounds] of missed) {
      missed.set(id, rounds + 1)
      const child = cluster.workers?.[id]
      if (rounds < missedMax || child === undefined) continue
      log.error({ child: child.process.pid }, 'a process has stood still for 10 s and is ended')
      child.process.kill('SIGKILL')
    }
  }, everyMs).unref()
}

import type { Cluster } from 'node:cluster'
import type { Logger } from '#telemetry'

/** Cluster heartbeat: a child whose event loop is blocked keeps receiving connections, so the primary kills and replaces it. */

const everyMs = 1_000
/** Consecutive rounds without a heartbeat. Rounds are counted, not seconds: a primary that was frozen kills no child. */
const missedMax = 10

/** Sends a heartbeat from a child to the primary, immediately and every second. */
export function sendHeartbeats(): void {
  const send = () => process.send?.({ heartbeat: true })
  send()
  setInterval(send, everyMs).unref()
}

/** Kills children that stopped sending heartbeats. The supervisor handles their exit. */
export function watchHeartbeats(cluster: Cluster, log: Logger): void {
  const missed = new Map<number, number>()
  cluster.on('message', (child, message: unknown) => {
    if (typeof message === 'object' && message !== null && 'heartbeat' in message) missed.set(child.id, 0)
  })
  cluster.on('exit', (child) => missed.delete(child.id))
  setInterval(() => {
    for (const [id, rounds] of missed) {
      missed.set(id, rounds + 1)
      const child = cluster.workers?.[id]
      if (rounds < missedMax || child === undefined) continue
      log.error({ child: child.process.pid }, 'a process has not responded for 10 s; killing it')
      child.process.kill('SIGKILL')
    }
  }, everyMs).unref()
}

import { listProcesses, type ListedProcess } from '#test'
import type { Window } from './window.ts'

/** CPU time that processes take, from Linux's /proc. What an order costs is steadier than how many a second a shared machine makes. */

/** Processes by what they are; each with all that it has started. */
export type Pids = Readonly<Record<string, number>>

/** Of a process and all that it has started, ms. */
function cpuOf(root: number, listed: readonly ListedProcess[]): number {
  const parents = new Map(listed.map(({ pid, parentPid }) => [pid, parentPid]))
  const isBelow = (pid: number | undefined): boolean => pid !== undefined && (pid === root || isBelow(parents.get(pid)))
  return listed.reduce((sum, { pid, cpuMs }) => sum + (isBelow(pid) ? cpuMs : 0), 0)
}

/** Runs one window. @returns it, with what each order of it took of each of these processes */
export async function withCpu(pids: Pids, work: () => Promise<Window>): Promise<Window> {
  const before = listProcesses()
  const startedAt = performance.now()
  const window = await work()
  const orders = (window.ordersPerSecond * (performance.now() - startedAt)) / 1_000
  const after = listProcesses()
  const cpu = Object.entries(pids).map(([name, pid]) => [
    name,
    ((cpuOf(pid, after) - cpuOf(pid, before)) * 1_000) / orders,
  ])
  return { ...window, cpu: Object.fromEntries(cpu) as Record<string, number> }
}

import { listProcesses, type ListedProcess } from '#test'
import type { Window } from './window.ts'

/** CPU time of processes, from Linux's /proc. On a shared machine the cost of an order is steadier than orders per second. */

/** Root processes by name; each is measured with its descendants. */
export type Pids = Readonly<Record<string, number>>

/** CPU time of a process and its descendants, ms. */
function cpuMsOf(root: number, listed: readonly ListedProcess[]): number {
  const parents = new Map(listed.map(({ pid, parentPid }) => [pid, parentPid]))
  const isInTree = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === root || isInTree(parents.get(pid)))
  return listed.reduce((sum, { pid, cpuMs }) => sum + (isInTree(pid) ? cpuMs : 0), 0)
}

/** Runs one window. @returns the window with the CPU time per order of these processes, us */
export async function withCpu(pids: Pids, work: () => Promise<Window>): Promise<Window> {
  const before = listProcesses()
  const startedAt = performance.now()
  const window = await work()
  const orders = (window.ordersPerSecond * (performance.now() - startedAt)) / 1_000
  const after = listProcesses()
  const cpu = Object.entries(pids).map(([name, pid]) => [
    name,
    ((cpuMsOf(pid, after) - cpuMsOf(pid, before)) * 1_000) / orders,
  ])
  return { ...window, cpu: Object.fromEntries(cpu) as Record<string, number> }
}

import { readdirSync, readFileSync } from 'node:fs'
import type { Window } from './window.ts'

/** CPU time that processes take, from Linux's /proc. What an order costs is steadier than how many a second a shared machine makes. */

/** Processes by what they are; each with all that it has started. */
export type Pids = Readonly<Record<string, number>>

interface Usage {
  parent: number
  /** Of itself, and of children that have ended, ms. */
  cpuMs: number
}

/** A tick of the kernel's accounting (USER_HZ), which is the same on all of Linux. */
const tickMs = 10

function readUsage(): Map<number, Usage> {
  const usage = new Map<number, Usage>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      // Fields from the third on: the second, in brackets, may hold anything.
      const fields = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number)
      const ticks = fields.slice(11, 15).reduce((sum, value) => sum + value, 0)
      usage.set(Number(name), { parent: fields[1] ?? 0, cpuMs: ticks * tickMs })
    } catch {
      // It has ended meanwhile.
    }
  }
  return usage
}

function cpuOf(root: number, usage: ReadonlyMap<number, Usage>): number {
  const isBelow = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = usage.get(at)?.parent)
      if (at === root) return true
    return false
  }
  return [...usage].reduce((sum, [pid, { cpuMs }]) => sum + (isBelow(pid) ? cpuMs : 0), 0)
}

/** Runs one window. @returns it, with what each order of it took of each of these processes */
export async function withCpu(pids: Pids, work: () => Promise<Window>): Promise<Window> {
  const before = readUsage()
  const startedAt = performance.now()
  const window = await work()
  const orders = (window.ordersPerSecond * (performance.now() - startedAt)) / 1_000
  const after = readUsage()
  const cpu = Object.entries(pids).map(([name, pid]) => [
    name,
    ((cpuOf(pid, after) - cpuOf(pid, before)) * 1_000) / orders,
  ])
  return { ...window, cpu: Object.fromEntries(cpu) as Record<string, number> }
}

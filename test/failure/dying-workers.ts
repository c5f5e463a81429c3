import type { PlantName } from './plant/patches.ts'
import { plant } from './plant/plant.ts'
import type { Row } from './row.ts'

/**
 * The common part of rows whose workers die at a failpoint repeatedly, each time restarted by a supervisor.
 * @param server environment of the servers
 */
export const dyingWorkers = (
  failpoints: { names: readonly PlantName[]; probability: number; skip: number },
  server: Record<string, string> = {},
): Pick<Row, 'shop' | 'nemesis' | 'checker' | 'recoversInSeconds'> => {
  const { names, ...options } = failpoints
  const dying = plant(names, options)
  return {
    recoversInSeconds: 90,
    shop: { isSupervised: true, envOf: (kind) => (kind === 'worker' ? dying : server) },
    async nemesis({ shop, load, notes }) {
      await load.until(0.9)
      for (const worker of shop.workers) {
        await worker.kill()
        await worker.start({})
      }
      notes.set(
        'deaths',
        shop.workers.reduce((sum, { deaths }) => sum + deaths(), 0),
      )
    },
    checker: ({ notes }) =>
      Number(notes.get('deaths')) >= 3 ? [] : [`only ${String(notes.get('deaths'))} workers have died`],
  }
}

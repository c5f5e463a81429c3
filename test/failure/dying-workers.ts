import type { PlantName } from './plant/patches.ts'
import { plant } from './plant/plant.ts'
import type { Row } from './row.ts'

/** What rows share whose workers die of a failpoint, again and again, and are started again each time. */
export const dyingWorkers = (
  worker: { names: readonly PlantName[]; share: number; after: number },
  server: Record<string, string> = {},
): Pick<Row, 'shop' | 'disturb' | 'besides' | 'recoversInSeconds'> => {
  const { names, ...chance } = worker
  const dying = plant(names, chance)
  return {
    recoversInSeconds: 90,
    shop: { isSupervised: true, envOf: (kind) => (kind === 'worker' ? dying : server) },
    async disturb({ shop, load, notes }) {
      await load.until(0.9)
      for (const one of shop.workers) {
        await one.kill()
        await one.start({})
      }
      notes.set(
        'deaths',
        shop.workers.reduce((sum, { deaths }) => sum + deaths(), 0),
      )
    },
    besides: ({ notes }) =>
      Number(notes.get('deaths')) >= 3 ? [] : [`only ${String(notes.get('deaths'))} workers have died`],
  }
}

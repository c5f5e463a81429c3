import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { run } from '../shop/children.ts'
import { defineRow } from '../row.ts'

const diskMiB = 400

export const postgresDiskFull = defineRow({
  row: 17,
  fault: 'Postgres disk full',
  how: 'data directory on tmpfs',
  holds: 'clean 5xx, then recovery',
  orders: 950,
  perSecond: 25,
  async prepare(taken, folder) {
    const disk = join(folder, 'disk')
    await mkdir(disk)
    await run('mount', ['-t', 'tmpfs', '-o', `size=${diskMiB}m,mode=755`, 'tmpfs', disk]).catch((error: unknown) => {
      throw new Error('This row mounts a small tmpfs: run it as root, where mounting is allowed.', { cause: error })
    })
    taken.defer(() => run('umount', ['-l', disk]))
    return { postgresDir: join(disk, 'postgres') }
  },
  async disturb({ shop, load, folder, say, notes }) {
    const disk = join(folder, 'disk')
    for (const share of [0.15, 0.55]) {
      await load.until(share)
      const since = Date.now()
      const ballast = join(disk, 'ballast')
      const { bavail, bsize } = await statfs(disk)
      await writeFile(ballast, Buffer.alloc(bavail * bsize)).catch(() => undefined)
      say('the disk is full')
      await delay(5_000)
      await rm(ballast)
      // It gives up when it cannot write its log; whoever keeps it starts it again.
      if (!shop.postgres.isRunning()) await shop.postgres.start()
      notes.set(`full ${share}`, [since, Date.now()])
    }
  },
  besides({ notes }, { history }) {
    const windows = [...notes.values()] as [number, number][]
    const during = history.filter(({ atMs, endMs }) =>
      windows.some(([from, to]) => atMs >= from && (endMs ?? atMs) <= to),
    )
    const unclean = during.filter(({ code }) => code === 'internal' || code?.startsWith('status'))
    const refused = during.filter(({ code }) => code === 'unavailable').length
    return [
      ...(refused === 0 ? ['nobody was refused: the disk was not full'] : []),
      ...unclean.slice(0, 3).map(({ op, code }) => `operation ${op} was answered ${code}`),
    ]
  },
})

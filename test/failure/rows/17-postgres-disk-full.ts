import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { run } from '../shop/children.ts'
import { defineRow } from '../row.ts'

const diskMiB = 400

export const postgresDiskFull = defineRow({
  row: 17,
  fault: 'Postgres disk full',
  injection: 'data directory on tmpfs',
  guarantee: 'requests fail with a clean 5xx, then the shop recovers',
  operations: 950,
  perSecond: 25,
  async prepare(resources, folder) {
    const disk = join(folder, 'disk')
    await mkdir(disk)
    await run('mount', ['-t', 'tmpfs', '-o', `size=${diskMiB}m,mode=755`, 'tmpfs', disk]).catch((error: unknown) => {
      throw new Error('This row mounts a small tmpfs. Run it as root on a machine that allows mounting.', {
        cause: error,
      })
    })
    resources.defer(() => run('umount', ['-l', disk]))
    return { postgresDir: join(disk, 'postgres') }
  },
  async nemesis({ shop, load, folder, log, notes }) {
    const disk = join(folder, 'disk')
    for (const share of [0.15, 0.55]) {
      await load.until(share)
      const since = Date.now()
      const ballast = join(disk, 'ballast')
      const { bavail, bsize } = await statfs(disk)
      await writeFile(ballast, Buffer.alloc(bavail * bsize)).catch(() => undefined)
      log('the disk is full')
      await delay(5_000)
      await rm(ballast)
      // Postgres exits when it cannot write its WAL. A supervisor would start it again.
      if (!shop.postgres.isRunning()) await shop.postgres.start()
      notes.set(`full ${share}`, [since, Date.now()])
    }
  },
  checker({ notes }, { history }) {
    const windows = [...notes.values()] as [number, number][]
    const during = history.filter(({ atMs, endMs }) =>
      windows.some(([from, to]) => atMs >= from && (endMs ?? atMs) <= to),
    )
    const unclean = during.filter(({ code }) => code === 'internal' || code?.startsWith('status'))
    const rejected = during.filter(({ code }) => code === 'unavailable').length
    return [
      ...(rejected === 0 ? ['no request was rejected: the disk was not full'] : []),
      ...unclean.slice(0, 3).map(({ op, code }) => `operation ${op} was answered ${code}`),
    ]
  },
})

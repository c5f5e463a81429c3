import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below what systems hand out by themselves, to outgoing connections and to who listens on port 0 (Linux: 32768 to
 * 60999, others from 49152): such a port would be lost to anybody before its listener comes, or while it restarts.
 */
const lowest = 10_000
const highest = 32_767
const triesMax = 100

/** A loopback port that nobody listens on at this moment; another may still be faster, so be ready to try again. */
export async function freePort(): Promise<number> {
  for (let n = 0; n < triesMax; n += 1) {
    const port = randomInt(lowest, highest + 1)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port was found between ${lowest} and ${highest}, in ${triesMax} tries`)
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const probe = createServer()
  probe.once('error', () => resolve(false))
  probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  return promise
}

import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below the ephemeral ports (Linux: 32768 to 60999; others: from 49152). The system gives those to outgoing connections
 * and to listeners on port 0, and so could take one before its server starts or while it restarts.
 */
const portMin = 10_000
const portMax = 32_767
const triesMax = 100

/**
 * A loopback port without a listener at this moment. Another process may take it first, so callers must be able to
 * retry.
 * @throws Error when no free port was found in 100 tries
 */
export async function freePort(): Promise<number> {
  for (let n = 0; n < triesMax; n += 1) {
    const port = randomInt(portMin, portMax + 1)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port found between ${portMin} and ${portMax} in ${triesMax} tries`)
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const probe = createServer()
  probe.once('error', () => resolve(false))
  probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  return promise
}

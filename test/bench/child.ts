import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process of its own that measures when it is asked to, so that generators and servers do not share a core's queue. */
export interface Child<Order, Result> extends AsyncDisposable {
  readonly pid: number
  ask(order: Order): Promise<Result>
}

/** @param file of this folder: it calls {@link serveParent} */
export async function startChild<Order extends object, Result>(
  file: string,
  env: Record<string, string>,
): Promise<Child<Order, Result>> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', NODE_NO_WARNINGS: '1', ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit')
  const answer = async (): Promise<unknown> => {
    const [message] = (await Promise.race([
      once(child, 'message'),
      ended.then(() => {
        throw new Error(`${file} has ended with ${child.exitCode ?? child.signalCode}`)
      }),
    ])) as unknown[]
    return message
  }
  await answer()
  return {
    pid: child.pid ?? 0,
    async ask(order) {
      const answered = answer()
      child.send(order)
      const { error, result } = (await answered) as { error?: string; result?: Result }
      if (error !== undefined) throw new Error(`${file}: ${error}`)
      return result as Result
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.disconnect()
      await ended
    },
  }
}

/** The child's side: answers each order, and ends when the parent lets go. */
export function serveParent(work: (order: never) => Promise<unknown>, close: () => Promise<void>): void {
  process.on('message', (order) => {
    // The parent sends what this file asks for: both sides import the same type.
    work(order as never).then(
      (result) => process.send?.({ result }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : 'failed' }),
    )
  })
  process.on('disconnect', () => void close().then(() => process.exit(0)))
  process.send?.('ready')
}

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A child process that runs measuring tasks, so that load generators and servers do not share an event loop. */
export interface Child<Task, Result> extends AsyncDisposable {
  readonly pid: number
  run(task: Task): Promise<Result>
}

/** @param file of this folder, which calls {@link serveParent} */
export async function startChild<Task extends object, Result>(
  file: string,
  env: Record<string, string>,
): Promise<Child<Task, Result>> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', NODE_NO_WARNINGS: '1', ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit')
  const nextMessage = async (): Promise<unknown> => {
    const [message] = (await Promise.race([
      once(child, 'message'),
      ended.then(() => {
        throw new Error(`${file} exited with ${child.exitCode ?? child.signalCode}`)
      }),
    ])) as unknown[]
    return message
  }
  await nextMessage()
  return {
    pid: child.pid ?? 0,
    async run(task) {
      const reply = nextMessage()
      child.send(task)
      const { error, result } = (await reply) as { error?: string; result?: Result }
      if (error !== undefined) throw new Error(`${file}: ${error}`)
      return result as Result
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.disconnect()
      await ended
    },
  }
}

/** Runs the parent's tasks in the child, and ends when the parent disconnects. */
export function serveParent(work: (task: never) => Promise<unknown>, close: () => Promise<void>): void {
  process.on('message', (task) => {
    // Parent and child import the same type of task.
    work(task as never).then(
      (result) => process.send?.({ result }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : 'failed' }),
    )
  })
  process.on('disconnect', () => void close().then(() => process.exit(0)))
  process.send?.('ready')
}

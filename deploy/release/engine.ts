import { durationText } from './clock.ts'
import type { ReleaseContext, Step } from './context.ts'
import { leaseMs } from './record.ts'

/**
 * Runs the steps in order. A step that the record names is not repeated; one that the world shows to be done is recorded.
 * The record is written before a step begins, so that a deployer whose lease was taken over stops before it acts.
 */
export async function runSteps(context: ReleaseContext, steps: readonly Step[]): Promise<void> {
  const { clock, lease } = context
  // An upload or a migration takes longer than the lease. A failure to renew shows at the next write of the record.
  const endHeartbeat = clock.every(leaseMs / 4, () => void lease.renew().catch(() => undefined))
  try {
    await runInOrder(context, steps)
  } finally {
    endHeartbeat()
  }
}

async function runInOrder(context: ReleaseContext, steps: readonly Step[]): Promise<void> {
  const { clock, lease, print } = context
  for (const [index, step] of steps.entries()) {
    const line = (state: string): void =>
      print(`${String(index + 1).padStart(2)}/${steps.length} ${step.name.padEnd(20)} ${state}`)
    if (lease.record.done[step.name] !== undefined) {
      line('done before')
      continue
    }
    await lease.save({})
    const startedAt = await clock.now()
    const wasDone = (await step.isDone?.(context)) === true
    if (!wasDone) {
      line(step.title)
      await step.run(context)
    }
    const now = await clock.now()
    await lease.save({ done: { ...lease.record.done, [step.name]: now } })
    line(wasDone ? 'done before' : `done in ${durationText(now - startedAt)}`)
  }
}

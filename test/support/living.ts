import type { ChildProcess } from 'node:child_process'

const living = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})
// As the pool of the test runner ends its workers: a signal that nobody handles would not come by here.
process.once('SIGTERM', () => process.exit(143))

/** The child never outlives this process: a test that ran out of time disposes of nothing. */
export function killOnExit(child: ChildProcess): void {
  living.add(child)
  child.once('exit', () => living.delete(child))
}

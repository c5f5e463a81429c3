import type { ChildProcess } from 'node:child_process'

const living = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})
// The test runner ends its workers by this signal; without a handler the exit hook below would not run.
process.once('SIGTERM', () => process.exit(143))

/** Kills the child when this process ends, since a test that timed out disposes of nothing. */
export function killOnExit(child: ChildProcess): void {
  living.add(child)
  child.once('exit', () => living.delete(child))
}

/** How a command is told to end: by a deploy (SIGTERM), by Ctrl-C (SIGINT), by a terminal that closes (SIGHUP). */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const end = (): void => process.exit(130)

/** Until a command can stop in order a signal ends it at once, but by way of its exit hooks: nothing it started stays behind. */
export function endOnSignals(): void {
  for (const signal of signals) process.once(signal, end)
}

/** Resolves when the command is to stop, with the reason. From here on signals no longer end it by themselves. */
export function stopRequested(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      process.off(signal, end)
      process.on(signal, () => resolve(signal))
    }
    process.once('disconnect', () => resolve('the parent process has ended'))
  })
}

/** Ctrl-C reaches the whole group, and some of it passes the signal on: what comes so soon (ms) is the same request. */
const sameRequestMs = 500

/** Somebody who asks again does not want to wait. A terminal that closes says nothing new. */
export function onSecondRequest(act: () => void): void {
  const since = performance.now()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (performance.now() - since > sameRequestMs) act()
    })
  }
}

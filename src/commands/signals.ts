/** Signals that request a stop: SIGTERM from a deploy, SIGINT from Ctrl-C, SIGHUP from a terminal that closes. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const exit = (): void => process.exit(130)

/** Ends the process immediately on a signal, until a command can stop in order. Exit hooks run, so no child is left behind. */
export function exitOnSignals(): void {
  for (const signal of signals) process.once(signal, exit)
}

/** Resolves with the reason when the command is to stop. From this call on signals no longer end the process by themselves. */
export function stopRequested(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      process.off(signal, exit)
      process.on(signal, () => resolve(signal))
    }
    process.once('disconnect', () => resolve('the parent process has ended'))
  })
}

/** Signals within this time (ms) are one request: Ctrl-C reaches the whole process group, and npm passes it on again. */
const sameRequestMs = 500

/** Calls `act` when a stop is requested a second time. SIGHUP does not count: a closing terminal requests nothing more. */
export function onSecondRequest(act: () => void): void {
  const since = performance.now()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (performance.now() - since > sameRequestMs) act()
    })
  }
}

/**
 * Runs `work` until its time is over: then its signal aborts and `late()` is thrown, whether it listens or not.
 * Unlike AbortSignal.timeout it leaves no timer behind that fires, and makes an error, long after the work is done.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  late: () => Error,
): Promise<T> {
  const controller = new AbortController()
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const error = late()
    reject(error)
    controller.abort(error)
  }, timeoutMs)
  try {
    return await Promise.race([work(controller.signal), promise])
  } finally {
    clearTimeout(timer)
  }
}

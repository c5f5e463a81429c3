/**
 * Deadline: runs `work` for at most `timeoutMs`. After that its signal aborts and `late()` is thrown, even where `work`
 * ignores the signal. Unlike AbortSignal.timeout, no timer outlives `work`.
 * @throws the error of `late`, or what `work` throws
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

/** The result of `work`, which goes on after the deadline. @throws Error when it takes longer than `timeoutMs` */
export const rejectAfter = <T>(timeoutMs: number, work: Promise<T>): Promise<T> =>
  withDeadline(
    timeoutMs,
    () => work,
    () => new Error(`no result within ${timeoutMs} ms`),
  )

/** Whether `work` is done within `timeoutMs`; it goes on after the deadline. @throws what `work` throws within it */
export async function settledWithin(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), timeoutMs)
  try {
    return await Promise.race([work.then(() => true), promise])
  } finally {
    clearTimeout(timer)
  }
}

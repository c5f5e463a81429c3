import { withDeadline } from '#lib/deadline'

/** @throws when it takes longer than this, ms; the work itself goes on */
export const within = <T>(ms: number, work: Promise<T>): Promise<T> =>
  withDeadline(
    ms,
    () => work,
    () => new Error(`no answer within ${ms} ms`),
  )

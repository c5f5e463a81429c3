/** A release that stopped for a reason that a person can act on. */
export class ReleaseError extends Error {
  /** What to do. */
  readonly remedy: string

  constructor(message: string, { remedy, cause }: { remedy: string; cause?: unknown }) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'ReleaseError'
    this.remedy = remedy
  }
}

/** Interval between reads, ms, plus or minus a fifth so that replicas do not read in step. */
const pollEveryMs = 1_000

/** The versions of all tags as this process last read them; they are polled about once a second. */
export interface TagVersions {
  /** The sum of the versions of these tags: it grows whenever one of them changes. */
  of(tags: readonly string[]): number
  /** Reads now, since another replica has announced a change. */
  check(): void
  close(): Promise<void>
}

export interface TagVersionsOptions {
  read(): Promise<ReadonlyMap<string, number>>
  /** This process has found a change by polling, so that other replicas may not know of it yet. */
  onChange(): void
}

export function watchTagVersions({ read, onChange }: TagVersionsOptions): TagVersions {
  let known: ReadonlyMap<string, number> | undefined
  let reading: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  async function refresh(wasAnnounced: boolean): Promise<void> {
    try {
      const next = await read()
      const hasChanged = known !== undefined && [...next].some(([tag, version]) => known?.get(tag) !== version)
      known = next
      if (hasChanged && !wasAnnounced) onChange()
    } catch {
      // Postgres is down, which its pool reports. The versions cannot change meanwhile.
    }
  }

  function poll(wasAnnounced: boolean): void {
    clearTimeout(timer)
    reading ??= refresh(wasAnnounced).finally(() => {
      reading = undefined
      if (!isClosed) timer = setTimeout(() => poll(false), pollEveryMs * (0.8 + 0.4 * Math.random())).unref()
    })
  }

  poll(true)
  return {
    of(tags) {
      let sum = 0
      for (const tag of tags) sum += known?.get(tag) ?? 0
      return sum
    },
    check: () => {
      if (!isClosed) poll(true)
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      await reading
    },
  }
}

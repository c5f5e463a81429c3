/** How often Postgres is asked, ms, give or take a fifth so that replicas do not ask in step. */
const pollEveryMs = 1_000

/** What has changed, as far as this process knows: the versions of all tags, read once a second. */
export interface Versions {
  /** Grows whenever one of these tags changes. */
  of(tags: readonly string[]): number
  /** Reads now: somebody says that something has changed. */
  check(): void
  close(): Promise<void>
}

export interface VersionsOptions {
  read(): Promise<ReadonlyMap<string, number>>
  /** Something has changed, and this process has seen it by itself: the others may be told. */
  onChange(): void
}

export function watchVersions({ read, onChange }: VersionsOptions): Versions {
  let known: ReadonlyMap<string, number> | undefined
  let reading: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  async function look(wasTold: boolean): Promise<void> {
    try {
      const next = await read()
      const hasChanged = known !== undefined && [...next].some(([tag, version]) => known?.get(tag) !== version)
      known = next
      if (hasChanged && !wasTold) onChange()
    } catch {
      // Postgres is away, which its pool reports: nobody changes anything meanwhile.
    }
  }

  function poll(wasTold: boolean): void {
    clearTimeout(timer)
    reading ??= look(wasTold).finally(() => {
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

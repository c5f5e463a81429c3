/** The browser's storage. Where it is unavailable (private window, full quota), reads return null and writes are ignored. */
export interface BrowserStore {
  read(name: string): string | null
  write(name: string, value: string | null): void
  /** Removes everything that this shop has stored. */
  clear(): void
}

const createBrowserStore = (storage: () => Storage): BrowserStore => ({
  read(name) {
    try {
      return storage().getItem(`holdfast.${name}`)
    } catch {
      return null
    }
  },
  write(name, value) {
    try {
      if (value === null) storage().removeItem(`holdfast.${name}`)
      else storage().setItem(`holdfast.${name}`, value)
    } catch {
      // Unavailable storage is ignored.
    }
  },
  clear() {
    try {
      for (const name of Object.keys(storage())) if (name.startsWith('holdfast.')) storage().removeItem(name)
    } catch {
      // Unavailable storage is ignored.
    }
  },
})

/** Permanent storage, shared by all tabs. */
export const localStore = createBrowserStore(() => localStorage)
/** Storage of this tab, until it is closed. */
export const tabStore = createBrowserStore(() => sessionStorage)

/** Reads a JSON value; null when it is missing or malformed. */
export function readJson(store: BrowserStore, name: string): unknown {
  try {
    return JSON.parse(store.read(name) ?? 'null')
  } catch {
    return null
  }
}

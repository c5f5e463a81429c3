/** What the browser keeps for us. A browser may refuse (private windows, full quota): then it forgets, and nothing breaks. */
export interface BrowserStore {
  read(name: string): string | null
  write(name: string, value: string | null): void
}

const shelfOf = (storage: () => Storage): BrowserStore => ({
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
      // Refused: see above.
    }
  },
})

/** Lasts, and is shared by all tabs. */
export const lasting = shelfOf(() => localStorage)
/** Lasts as long as this tab. */
export const passing = shelfOf(() => sessionStorage)

/** What was kept as JSON under this name, or null where nothing readable is. */
export function readJson(shelf: BrowserStore, name: string): unknown {
  try {
    return JSON.parse(shelf.read(name) ?? 'null')
  } catch {
    return null
  }
}

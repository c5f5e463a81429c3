import { hash } from 'node:crypto'

const capacityMin = 1 << 12

/**
 * Open-addressing hash table from a text to the line of its first occurrence. A slot takes 12 bytes instead of a string,
 * so that a file of a million SKUs fits in memory. The key is 64 bits of a digest: among a million texts, two collide
 * once in 10^7 files.
 */
export class LineIndex {
  #capacity = capacityMin
  #size = 0
  #keys = new Uint32Array(2 * capacityMin)
  /** 0 marks a free slot: lines begin at 1. */
  #lines = new Uint32Array(capacityMin)

  /** Records `line` for a new text and returns undefined; for a known text, returns its first line. */
  addIfAbsent(text: string, line: number): number | undefined {
    if (this.#size * 4 > this.#capacity * 3) this.#grow()
    const digest = hash('md5', text, 'hex')
    return this.#insert(Number.parseInt(digest.slice(0, 8), 16), Number.parseInt(digest.slice(8, 16), 16), line)
  }

  #insert(low: number, high: number, line: number): number | undefined {
    for (let slot = low % this.#capacity; ; slot = (slot + 1) % this.#capacity) {
      const known = this.#lines[slot]
      if (known === 0) {
        this.#keys[2 * slot] = low
        this.#keys[2 * slot + 1] = high
        this.#lines[slot] = line
        this.#size += 1
        return undefined
      }
      if (this.#keys[2 * slot] === low && this.#keys[2 * slot + 1] === high) return known
    }
  }

  #grow(): void {
    const keys = this.#keys
    const lines = this.#lines
    this.#capacity *= 2
    this.#size = 0
    this.#keys = new Uint32Array(2 * this.#capacity)
    this.#lines = new Uint32Array(this.#capacity)
    for (const [slot, line] of lines.entries())
      if (line > 0) this.#insert(keys[2 * slot] ?? 0, keys[2 * slot + 1] ?? 0, line)
  }
}

import { hash } from 'node:crypto'

const capacityMin = 1 << 12

/**
 * Remembers on which line each text was first seen in 12 bytes a slot instead of a string each, so that a file of a
 * million SKUs fits in memory. Texts are told apart by 64 bits of a digest: two of a million collide once in 10^7 files.
 */
export class FirstSeen {
  #capacity = capacityMin
  #size = 0
  #keys = new Uint32Array(2 * capacityMin)
  /** 0 marks a free slot: lines begin at 1. */
  #lines = new Uint32Array(capacityMin)

  /** The line on which `text` was seen before; undefined the first time, which is noted as `line`. */
  note(text: string, line: number): number | undefined {
    if (this.#size * 4 > this.#capacity * 3) this.#grow()
    const digest = hash('md5', text, 'hex')
    return this.#place(Number.parseInt(digest.slice(0, 8), 16), Number.parseInt(digest.slice(8, 16), 16), line)
  }

  #place(low: number, high: number, line: number): number | undefined {
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
      if (line > 0) this.#place(keys[2 * slot] ?? 0, keys[2 * slot + 1] ?? 0, line)
  }
}

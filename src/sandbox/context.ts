import type { Socket } from 'node:net'
import type { Faults } from './faults.ts'
import type { Ledger } from './ledger.ts'
import type { Webhooks } from './webhooks.ts'

/** What every route of one sandbox shares. */
export interface SandboxContext {
  readonly ledger: Ledger
  readonly faults: Faults
  readonly connections: Connections
  readonly webhooks: Webhooks | null
  /** Aborted when the server closes: what waits then never executes. */
  readonly closing: AbortSignal
  /** Where the buyer's browser reaches the sandbox. Known once it listens: read it for each call, never keep it. */
  publicUrl: string
}

/** The open connections that speak the API; those of the control endpoints stay out of it, so that a provider that is down can be told to rise. */
export class Connections {
  #ofApi = new Set<Socket>()
  #known = new WeakSet<Socket>()

  usedForApi(socket: Socket): void {
    this.#ofApi.add(socket)
    if (this.#known.has(socket)) return
    this.#known.add(socket)
    socket.once('close', () => this.#ofApi.delete(socket))
  }

  usedForControl(socket: Socket): void {
    this.#ofApi.delete(socket)
  }

  destroyApi(): void {
    for (const socket of this.#ofApi) socket.destroy()
  }
}

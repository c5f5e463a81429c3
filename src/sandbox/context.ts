import type { Socket } from 'node:net'
import type { Faults } from './faults.ts'
import type { Ledger } from './ledger.ts'
import type { WebhookDispatcher } from './webhooks.ts'

/** State shared by all routes of one sandbox. */
export interface SandboxContext {
  readonly ledger: Ledger
  readonly faults: Faults
  readonly connections: Connections
  readonly webhooks: WebhookDispatcher | null
  /** Aborted when the server closes: calls that a fault still delays then never execute. */
  readonly closing: AbortSignal
  /** Address of the sandbox for the buyer's browser. Set once the server listens: read it for each call, do not copy it. */
  publicUrl: string
}

/** Open connections to the API. Connections to the control endpoints are excluded, so that the fault `down` can still be switched off. */
export class Connections {
  #api = new Set<Socket>()
  #tracked = new WeakSet<Socket>()

  trackApi(socket: Socket): void {
    this.#api.add(socket)
    if (this.#tracked.has(socket)) return
    this.#tracked.add(socket)
    socket.once('close', () => this.#api.delete(socket))
  }

  untrackApi(socket: Socket): void {
    this.#api.delete(socket)
  }

  destroyApi(): void {
    for (const socket of this.#api) socket.destroy()
  }
}

import type { Colour } from '../haproxy.ts'

/** Messages between the rehearsal and the process of its clients. */

export interface TrafficConfig {
  liveUrl: string
  colourUrls: Record<Colour, string>
  planFile: string
  historyFile: string
  /** Session of the customer that uses one key for two carts. */
  customerToken: string
  slugs: string[]
  words: string[]
  seed: number
  timeoutMs: number
  /** Time after the end of the plan during which clients still retry, ms. */
  retriesForMs: number
  /** Share of the clients that keep an address until `resolve`, as slow resolvers do. */
  slowShare: number
}

/** `resolve`: slow resolvers learn the live colour. `stop`: no more journeys begin. */
export type ToTraffic = { type: 'resolve'; colour: Colour } | { type: 'stop' }

/** Requests of one second that one colour answered; `none` for requests without an answer. */
export interface Sample {
  atMs: number
  colour: Colour | 'none'
  requests: number
  failures: number
  /** Orders that it was the first to confirm. */
  orders: number
  p50Ms: number
  p99Ms: number
}

/** A request that failed: no answer, or an answer that says the shop could not do it. */
export interface FailedRequest {
  atMs: number
  procedure: string
  colour: Colour | 'none'
  reason: string
}

export type FromTraffic =
  | { type: 'ready' }
  | { type: 'samples'; samples: Sample[]; failed: FailedRequest[]; orders: number; begun: number; inFlight: number }
  /** `abandoned`: number of journeys that ended by an error. */
  | { type: 'finished'; abandoned: number }

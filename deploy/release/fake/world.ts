import { leaseMs } from '../record.ts'

/** What an account holds, with a clock that only moves when it is told to. */

export interface FakeEnvironment {
  name: string
  tier: 'WebServer' | 'Worker'
  cnamePrefix: string | undefined
  version: string
  status: 'Launching' | 'Ready' | 'Updating' | 'Terminating' | 'Terminated'
  /** HealthStatus of enhanced health. */
  health: 'Ok' | 'Info' | 'Severe' | 'Pending' | 'NoData'
  options: Map<string, string>
  size: number
  /** Version of each instance. */
  instances: string[]
  attributes: Map<string, string>
  webAcl: string | undefined
  events: string[]
  /** Time since which it has the live address, and until which it had it. */
  liveSince: number | undefined
  liveUntil: number | undefined
  pending: { until: number; finish(): void } | undefined
}

export interface Faults {
  /** The environment of this name never becomes Ready. */
  stuckLaunching?: string
  /** Its launch fails, and Beanstalk terminates it. */
  failsToLaunch?: string
  /** It becomes Ready, and stays Severe. */
  severe?: string
  /** One of its instances stays on the previous version. */
  instanceBehind?: string
  /** The swap is accepted, and the addresses stay. */
  swapFails?: number
  /** Calls that are throttled from now on. */
  throttled?: number
  /** Another operation holds the environment of this name until this time. */
  busy?: { name: string; until: number }
  credentials?: 'expired' | 'unknown' | 'denied'
  /** This version answers with errors, or slowly. */
  worse?: { version: string; failureShare: number; p99Seconds: number }
  /** The update of an environment to this version is taken back. */
  takenBack?: string
  rejectedBundle?: boolean
  rejectedOption?: boolean
  /** The answer to the first such call, as in `World.calls`, is lost after it took effect. */
  loseAnswer?: { call: string; onLost?(): void }
}

const minute = 60_000

export interface World {
  now: number
  readonly region: string
  readonly account: string
  readonly environments: FakeEnvironment[]
  readonly versions: Map<string, 'UNPROCESSED' | 'PROCESSED' | 'FAILED'>
  /** CNAME prefixes that other accounts have, and names of environments of other applications. */
  readonly foreignNames: Set<string>
  readonly objects: Map<string, { body: Buffer; etag: string }>
  readonly outputs: Record<string, string>
  /** Calls in order, such as `elasticbeanstalk CreateEnvironment`. */
  readonly calls: string[]
  faults: Faults
  /** Requests reach an environment for this long after it has lost the live address. */
  tailMs: number
  advance(ms: number): void
  find(name: string): FakeEnvironment | undefined
  add(environment: Partial<FakeEnvironment> & Pick<FakeEnvironment, 'name' | 'tier' | 'version'>): FakeEnvironment
  begin(environment: FakeEnvironment, minutes: number, finish: () => void): void
  setAddress(environment: FakeEnvironment, prefix: string | undefined): void
  trafficIn(environment: FakeEnvironment, from: number, until: number): { minutes: number; requests: number }
}

export function createWorld(outputs: Record<string, string>, livePrefix: string): World {
  const world: World = {
    now: Date.UTC(2026, 10, 26, 8),
    region: 'eu-central-1',
    account: '123456789012',
    environments: [],
    versions: new Map(),
    foreignNames: new Set(),
    objects: new Map(),
    outputs,
    calls: [],
    faults: {},
    tailMs: 12 * minute,
    advance(ms) {
      world.now += ms
      for (const environment of world.environments) {
        const { pending } = environment
        if (pending === undefined || pending.until > world.now) continue
        environment.pending = undefined
        pending.finish()
      }
    },
    find: (name) => world.environments.find((each) => each.name === name && each.status !== 'Terminated'),
    add(given) {
      const environment: FakeEnvironment = {
        cnamePrefix: undefined,
        status: 'Ready',
        health: 'Ok',
        options: new Map(),
        size: 3,
        instances: Array.from({ length: given.size ?? 3 }, () => given.version),
        attributes: new Map([['load_balancing.algorithm.type', 'round_robin']]),
        webAcl: undefined,
        events: [],
        liveSince: undefined,
        liveUntil: undefined,
        pending: undefined,
        ...given,
      }
      world.environments.push(environment)
      if (environment.cnamePrefix === livePrefix) environment.liveSince = world.now
      return environment
    },
    begin(environment, minutes, finish) {
      environment.pending = { until: world.now + minutes * minute, finish }
    },
    setAddress(environment, prefix) {
      if (environment.cnamePrefix === livePrefix && prefix !== livePrefix) environment.liveUntil = world.now
      if (prefix === livePrefix) {
        environment.liveSince = world.now
        environment.liveUntil = undefined
      }
      environment.cnamePrefix = prefix
    },
    trafficIn({ liveSince, liveUntil }, from, until) {
      if (liveSince === undefined) return { minutes: 0, requests: 0 }
      const end = Math.min(until, liveUntil === undefined ? until : liveUntil + world.tailMs)
      const minutes = Math.max(0, (end - Math.max(from, liveSince)) / minute)
      return { minutes, requests: Math.round(minutes * 600) }
    },
  }
  return world
}

/** A shop that serves version `v1` from its blue environments. */
export function addLiveShop(world: World, livePrefix: string): void {
  world.versions.set('v1', 'PROCESSED')
  world.add({ name: 'holdfast-web-blue', tier: 'WebServer', version: 'v1', cnamePrefix: livePrefix, size: 5 })
  world.add({ name: 'holdfast-worker-blue', tier: 'Worker', version: 'v1', size: 2 })
}

/** Longer than a lease: a deployer that was killed counts as dead. */
export const afterLeaseMs = leaseMs + 1_000

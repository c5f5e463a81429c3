/**
 * Sizes of a shop. The rates are design figures of deploy/aws/README.md, to be calibrated by the project's own benchmark
 * on the instances named here.
 */

export const sizeNames = ['small', 'standard', 'large'] as const
export type SizeName = (typeof sizeNames)[number]

/** A group of identical instances. */
export interface Fleet {
  instanceType: string
  /** Processes of the program per instance. */
  processes: number
  /** Connections to Postgres per process, DATABASE_POOL. */
  pool: number
  instancesMin: number
  instancesMax: number
}

export interface Size {
  /** Orders a second that it is meant for. */
  ordersPerSecond: number
  web: Fleet
  worker: Fleet
  database: {
    instanceClass: string
    /** Instances in other zones than the writer; each can take its place. */
    readers: number
    maxConnections: number
    backupDays: number
  }
  /** Valkey; a replication group has one primary and these replicas in other zones. */
  queue: { nodeType: string; replicas: number }
  cache: { nodeType: string; replicas: number }
  /** Interface endpoints besides Secrets Manager; each costs per zone, and saves NAT traffic. */
  endpoints: readonly ('logs' | 'sqs' | 'monitoring')[]
  logRetentionDays: 30 | 90 | 180
  /**
   * USD a month, on demand, us-east-1, at the lowest number of instances, without traffic and storage. Approximations,
   * rounded to tens: prices change, and differ by region.
   */
  monthlyCostUsd: { network: number; database: number; redis: number; instances: number; rest: number }
}

/** Instances are x86_64, as the Node of the bundle (deploy/eb); the data stores are Graviton. */
export const sizes: Readonly<Record<SizeName, Size>> = {
  /** A first shop: bursts of some orders a second. */
  small: {
    ordersPerSecond: 20,
    web: { instanceType: 't3.small', processes: 2, pool: 10, instancesMin: 3, instancesMax: 6 },
    worker: { instanceType: 't3.small', processes: 1, pool: 10, instancesMin: 2, instancesMax: 3 },
    database: { instanceClass: 't4g.medium', readers: 1, maxConnections: 400, backupDays: 14 },
    queue: { nodeType: 'cache.t4g.small', replicas: 1 },
    cache: { nodeType: 'cache.t4g.small', replicas: 1 },
    endpoints: [],
    logRetentionDays: 30,
    monthlyCostUsd: { network: 120, database: 110, redis: 80, instances: 80, rest: 60 },
  },
  /** 100 orders a second. */
  standard: {
    ordersPerSecond: 100,
    web: { instanceType: 'm7i.large', processes: 2, pool: 10, instancesMin: 3, instancesMax: 12 },
    worker: { instanceType: 'm7i.large', processes: 1, pool: 10, instancesMin: 2, instancesMax: 8 },
    database: { instanceClass: 'r7g.large', readers: 1, maxConnections: 1_000, backupDays: 35 },
    queue: { nodeType: 'cache.m7g.large', replicas: 2 },
    cache: { nodeType: 'cache.m7g.large', replicas: 2 },
    endpoints: [],
    logRetentionDays: 90,
    monthlyCostUsd: { network: 120, database: 400, redis: 560, instances: 370, rest: 100 },
  },
  /** 1,000 orders a second. */
  large: {
    ordersPerSecond: 1_000,
    web: { instanceType: 'm7i.xlarge', processes: 4, pool: 10, instancesMin: 6, instancesMax: 16 },
    worker: { instanceType: 'm7i.xlarge', processes: 1, pool: 20, instancesMin: 4, instancesMax: 8 },
    database: { instanceClass: 'r7g.4xlarge', readers: 2, maxConnections: 2_500, backupDays: 35 },
    queue: { nodeType: 'cache.m7g.xlarge', replicas: 2 },
    cache: { nodeType: 'cache.r7g.large', replicas: 2 },
    endpoints: ['logs', 'sqs', 'monitoring'],
    logRetentionDays: 180,
    monthlyCostUsd: { network: 190, database: 4_840, redis: 940, instances: 1_470, rest: 300 },
  },
}

/** Connections that Postgres keeps for its own work, staff and migrations. */
export const connectionsReserved = 50

const connectionsOf = ({ processes, pool }: Fleet, instances: number): number => instances * processes * pool

/**
 * Connections of a shop whose fleets are as large as they may become. A blue-green deploy doubles them: green starts at
 * blue's size before blue ends.
 */
export function connectionsPeak({ web, worker }: Size): number {
  return 2 * (connectionsOf(web, web.instancesMax) + connectionsOf(worker, worker.instancesMax))
}

/** USD a month, approximately. */
export const monthlyCost = ({ monthlyCostUsd }: Size): number =>
  Object.values(monthlyCostUsd).reduce((sum, part) => sum + part, 0)

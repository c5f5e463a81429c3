import type { Random } from './random.ts'
import type { Facts, Violation, ViolationName } from './check/index.ts'
import type { Load } from './load/load.ts'
import type { Mix, Operation } from './load/plan.ts'
import type { Shop, ShopOptions } from './shop/shop.ts'
import type { Template } from './shop/template.ts'

/**
 * A row of the fault matrix: a fault that is injected while buyers buy, and the guarantee that must hold besides the
 * seven promises. As a Jepsen test it has a workload, a nemesis and a checker.
 */
export interface Row {
  row: number
  fault: string
  /** Method of injecting the fault. */
  injection: string
  guarantee: string
  /** Number of the buyers' operations. */
  operations: number
  /** Operations that begin per second. */
  perSecond: number
  mix?: Mix
  shop?: ShopOptions
  /** Longest time from the end of the fault to recovery, s; default 30. */
  recoversInSeconds?: number
  /** Time after the end of the schedule during which buyers still retry, s; default 60. */
  retriesForSeconds?: number
  /** Longest wait for all orders to settle after the last buyer, s; default 120. */
  settlesInSeconds?: number
  /** Runs before the shop is opened, for example to mount a small disk. Its resources are disposed of after the shop. */
  prepare?(resources: AsyncDisposableStack, folder: string, template: Template): Promise<ShopOptions>
  /** Runs in the open shop before the first buyer, for example to add a product. */
  arrange?(shop: Shop): Promise<void>
  /** Changes each operation of the plan. */
  mapOperation?(operation: Operation): Operation
  /** Nemesis: injects the fault and heals it. Recovery is measured from the moment at which it resolves. */
  nemesis(context: RowContext): Promise<void>
  /** Checks the row's own guarantee, in addition to the promises. @returns the problems found */
  checker?(context: RowContext, facts: Facts): string[] | Promise<string[]>
  /** Violations that the checker must find: the row is red without them. */
  mustFind?: readonly ViolationName[]
  /** True for a violation that follows from the injected fault and is no problem. */
  isExpected?(violation: Violation, context: RowContext): boolean
}

/** The running shop, its load and its tools, as a nemesis and a checker get them. */
export interface RowContext {
  shop: Shop
  load: Load
  random: Random
  /** Resources that the row itself starts; disposed of with the shop. */
  resources: AsyncDisposableStack
  /** The folder of this run of the row. */
  folder: string
  /** Values that the nemesis leaves for the checker. */
  notes: Map<string, unknown>
  log(line: string): void
}

/** Types a row where it is written. */
export const defineRow = (row: Row): Row => row

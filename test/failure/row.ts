import type { Chance } from './chance.ts'
import type { Facts, Violation, ViolationName } from './check/index.ts'
import type { Load } from './load/load.ts'
import type { Mix, Operation } from './load/plan.ts'
import type { Shop, ShopOptions } from './shop/shop.ts'
import type { Template } from './shop/template.ts'

/** One row of the fault matrix (reliability.md): what breaks, while buyers buy, and what must hold besides the promises. */
export interface Row {
  row: number
  fault: string
  how: string
  holds: string
  /** Operations of buyers, and how many begin in a second. */
  orders: number
  perSecond: number
  mix?: Mix
  shop?: ShopOptions
  /** Longest time from healing to a shop that works again, s; 30 unless given. */
  recoversInSeconds?: number
  /** How long buyers insist after the end of the schedule, s; 60 unless given. */
  patienceSeconds?: number
  /** Longest wait for everything to settle once the buyers have gone, s; 120 unless given. */
  settlesInSeconds?: number
  /** Made before the shop is opened, and disposed of after it: a small disk, say. */
  prepare?(taken: AsyncDisposableStack, folder: string, template: Template): Promise<ShopOptions>
  /** What the shop sells in this row, say; before the first buyer comes. */
  arrange?(shop: Shop): Promise<void>
  /** Gives every operation of the plan another wish. */
  wish?(operation: Operation): Operation
  /** Breaks and heals. Resolves when everything is healed: recovery is measured from there. */
  disturb(stage: Stage): Promise<void>
  /** Looked at beside the promises; answers what does not hold. */
  besides?(stage: Stage, facts: Facts): string[] | Promise<string[]>
  /** Violations that are the very point of the row: it is red without them. */
  mustFind?: readonly ViolationName[]
  /** Violations that the row brings about by what it does, and that say nothing. */
  excuses?(violation: Violation, stage: Stage): boolean
}

export interface Stage {
  shop: Shop
  load: Load
  chance: Chance
  /** What the row starts itself; disposed of with the shop. */
  taken: AsyncDisposableStack
  /** A folder of this row's own. */
  folder: string
  /** For the row's own bookkeeping between disturb and besides. */
  notes: Map<string, unknown>
  say(line: string): void
}

/** Rows are values; this gives them their type where they are written. */
export const defineRow = (row: Row): Row => row

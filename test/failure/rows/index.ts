import type { Row } from '../row.ts'
import { replicaDies } from './01-replica-dies.ts'

/** The fault matrix, in the order of the table. */
export const rows: readonly Row[] = [replicaDies]

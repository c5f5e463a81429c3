import type { InventoryPolicy } from '../draft.contract.ts'
import { quoted } from './csv-cell.rules.ts'
import type { Header } from './csv-header.rules.ts'

/**
 * Inventory policy of a variant. An empty inventory tracker means that Shopify does not track it. A file without that
 * column tracks what it has quantities for.
 */
export function parseInventoryPolicy(
  header: Header,
  { tracker, policy }: { tracker: string; policy: string },
): { value: InventoryPolicy } | string {
  const isTracked = header.has('tracker') ? !/^(?:|false|no|none|0)$/i.test(tracker) : header.has('quantity')
  const isBackorder = /^(?:continue|true|yes)$/i.test(policy)
  if (!isBackorder && !/^(?:|deny|false|no)$/i.test(policy)) return `${quoted(policy)} is neither deny nor continue`
  if (!isTracked) return { value: 'untracked' }
  return { value: isBackorder ? 'backorder' : 'tracked' }
}

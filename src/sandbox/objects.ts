import type { SandboxContext } from './context.ts'
import { renderCharge, renderDispute, renderIntent, renderRefund, renderBalanceTransaction } from './render.ts'

/** Renders the object with this id, of any type, as the API returns it; undefined for an unknown id. */
export function renderById({ ledger, publicUrl }: Pick<SandboxContext, 'ledger' | 'publicUrl'>, id: string): unknown {
  switch (id.slice(0, id.indexOf('_'))) {
    case 'pi':
      return renderFound(ledger.paymentIntents.get(id), (intent) => renderIntent(intent, publicUrl))
    case 'ch':
      return renderFound(ledger.charges.get(id), renderCharge)
    case 're':
      return renderFound(ledger.refunds.get(id), renderRefund)
    case 'du':
      return renderFound(ledger.disputes.get(id), renderDispute)
    case 'txn':
      return renderFound(ledger.balanceTransactions.get(id), renderBalanceTransaction)
    default:
      return undefined
  }
}

function renderFound<Item>(item: Item | undefined, render: (item: Item) => unknown): unknown {
  return item && render(item)
}

import type { SandboxContext } from './context.ts'
import { renderCharge, renderDispute, renderIntent, renderRefund, renderTransaction } from './render.ts'

/** Any object by its id, as the API shows it. */
export function renderById({ ledger, publicUrl }: Pick<SandboxContext, 'ledger' | 'publicUrl'>, id: string): unknown {
  switch (id.slice(0, id.indexOf('_'))) {
    case 'pi':
      return rendered(ledger.intents.get(id), (intent) => renderIntent(intent, publicUrl))
    case 'ch':
      return rendered(ledger.charges.get(id), renderCharge)
    case 're':
      return rendered(ledger.refunds.get(id), renderRefund)
    case 'du':
      return rendered(ledger.disputes.get(id), renderDispute)
    case 'txn':
      return rendered(ledger.transactions.get(id), renderTransaction)
    default:
      return undefined
  }
}

function rendered<Item>(item: Item | undefined, render: (item: Item) => unknown): unknown {
  return item && render(item)
}

import type { FastifyInstance } from 'fastify'
import { invalidRequest, resourceMissing, toApiError } from './api-error.ts'
import { readCall } from './calls.ts'
import type { SandboxContext } from './context.ts'
import {
  intentListParams,
  chargeOrRefundListParams,
  searchParams,
  transactionListParams,
  type CreatedRange,
} from './params.ts'
import { renderCharge, renderIntent, renderRefund, renderBalanceTransaction } from './render.ts'
import { parseSearch } from './search.ts'
import type { ObjectStore } from './object-store.ts'

interface ListQuery<Item> {
  kind: string
  url: string
  render: (item: Item) => unknown
  params: {
    limit: number
    starting_after?: string | undefined
    ending_before?: string | undefined
    created?: CreatedRange | undefined
  }
  owner?: string | undefined
  accepts?: (item: Item) => boolean
}

/** List endpoints with Stripe's keyset pagination, newest first, and the search for PaymentIntents, without Stripe's indexing delay of up to a minute. */
export function registerListings(app: FastifyInstance, context: SandboxContext): void {
  const { ledger } = context
  const intentUrl = '/v1/payment_intents'

  app.get(
    intentUrl,
    readCall(context, intentListParams, (params) =>
      list(ledger.paymentIntents, {
        kind: 'payment_intent',
        url: intentUrl,
        render: (intent) => renderIntent(intent, context.publicUrl),
        params,
      }),
    ),
  )

  app.get(
    '/v1/payment_intents/search',
    readCall(context, searchParams, ({ query, limit, page }) => {
      const { accepts, metadata } = parseSearch(query)
      const candidates = metadata
        ? ledger.intentsWithMetadata(metadata.key, metadata.value)
        : ledger.paymentIntents.all().toReversed()
      const from = page === undefined ? 0 : candidates.findIndex(({ id }) => id === page) + 1
      if (page !== undefined && from === 0) throw invalidRequest('Invalid page.', { param: 'page' })
      const hits = []
      for (let at = from; at < candidates.length && hits.length <= limit; at++) {
        const intent = candidates[at]
        if (intent && accepts(intent)) hits.push(intent)
      }
      const items = hits.slice(0, limit)
      const hasMore = hits.length > limit
      return {
        object: 'search_result',
        url: '/v1/payment_intents/search',
        has_more: hasMore,
        next_page: hasMore ? (items.at(-1)?.id ?? null) : null,
        data: items.map((intent) => renderIntent(intent, context.publicUrl)),
      }
    }),
  )

  app.get(
    '/v1/charges',
    readCall(context, chargeOrRefundListParams, ({ payment_intent: owner, ...params }) =>
      list(ledger.charges, { kind: 'charge', url: '/v1/charges', render: renderCharge, params, owner }),
    ),
  )

  app.get(
    '/v1/refunds',
    readCall(context, chargeOrRefundListParams, ({ payment_intent, charge, ...params }) =>
      list(ledger.refunds, {
        kind: 'refund',
        url: '/v1/refunds',
        render: renderRefund,
        params,
        owner: payment_intent ?? (charge === undefined ? undefined : (ledger.charges.get(charge)?.intent ?? '')),
        accepts: (refund) => charge === undefined || refund.charge === charge,
      }),
    ),
  )

  app.get(
    '/v1/balance_transactions',
    readCall(context, transactionListParams, ({ type, source: owner, ...params }) =>
      list(ledger.balanceTransactions, {
        kind: 'balance transaction',
        url: '/v1/balance_transactions',
        render: renderBalanceTransaction,
        params,
        owner,
        accepts: (transaction) => type === undefined || transaction.type === type,
      }),
    ),
  )
}

function list<Item extends { id: string; createdAtMs: number }>(
  store: ObjectStore<Item>,
  query: ListQuery<Item>,
): unknown {
  const { starting_after: startingAfter, ending_before: endingBefore, limit, created = {} } = query.params
  if (startingAfter !== undefined && endingBefore !== undefined) {
    throw invalidRequest('You can use only one of starting_after and ending_before.', { param: 'ending_before' })
  }
  for (const [param, id] of [
    ['starting_after', startingAfter],
    ['ending_before', endingBefore],
  ] as const) {
    if (id === undefined || store.get(id)) continue
    throw toApiError(resourceMissing(query.kind, id, param, 400))
  }
  const { items, hasMore } = store.page({
    limit,
    startingAfter,
    endingBefore,
    owner: query.owner,
    accepts: (item) => isWithin(Math.floor(item.createdAtMs / 1000), created) && (query.accepts?.(item) ?? true),
  })
  return { object: 'list', url: query.url, has_more: hasMore, data: items.map(query.render) }
}

function isWithin(second: number, { gt, gte, lt, lte }: CreatedRange): boolean {
  return (
    (gt === undefined || second > gt) &&
    (gte === undefined || second >= gte) &&
    (lt === undefined || second < lt) &&
    (lte === undefined || second <= lte)
  )
}

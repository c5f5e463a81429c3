import { useEffect, useState } from 'react'
import { useQuery } from './query.ts'
import { shop } from './client.ts'
import type { Failure } from './failure.ts'
import { addGuestOrder } from './guest-orders.ts'
import { linkToken } from './link-token.ts'
import { followOrder } from './order-feed.ts'
import { cacheData } from './query-cache.ts'
import type { Order } from './types.ts'

/** An order and the state of its subscription. */
export interface LiveOrder {
  order: Order | undefined
  /** Changes arrive as they happen. */
  isLive: boolean
  failure: Failure | undefined
  retry: () => void
  /** Shows the order of another response; ignored when it is older than the order shown. */
  showOrder: (order: Order) => void
}

const newer = (a: Order | undefined, b: Order | undefined): Order | undefined =>
  a && b ? (a.version >= b.version ? a : b) : (a ?? b)

/** The shop answers a link from an email with a cookie, with which later requests of this browser open the order. */
async function openOrder(id: string): Promise<Order> {
  const accessToken = linkToken()
  if (accessToken === undefined) return shop.order.get.query({ id })
  const order = await shop.order.get.query({ id, accessToken })
  addGuestOrder(id)
  return order
}

/** An order, updated while the page is open. */
export function useOrder(id: string): LiveOrder {
  const { data, failure, retry } = useQuery(`order ${id}`, () => openOrder(id))
  const [streamed, setStreamed] = useState<Order | undefined>()
  const [isLive, setLive] = useState(false)
  const isKnown = data !== undefined

  function showOrder(order: Order): void {
    setStreamed((before) => newer(order, before))
    cacheData(`order ${id}`, order)
  }

  useEffect(() => {
    if (!isKnown) return
    return followOrder(id, {
      onOrder: (order) => setStreamed((before) => newer(order, before)),
      onLive: setLive,
    })
  }, [id, isKnown])

  return { order: newer(streamed, data), isLive, failure, retry, showOrder }
}

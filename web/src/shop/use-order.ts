import { useEffect, useState } from 'react'
import { useAnswer } from './answer.ts'
import { shop } from './client.ts'
import type { Failure } from './failure.ts'
import { remember } from './memory.ts'
import type { Order } from './types.ts'

export interface LiveOrder {
  order: Order | undefined
  /** Changes reach this page as they happen. */
  isLive: boolean
  failure: Failure | undefined
  retry: () => void
  /** Shows an order that another call answered; an older one than is shown is ignored. */
  take: (order: Order) => void
}

const reconnectMs = 3000

const later = (a: Order | undefined, b: Order | undefined): Order | undefined =>
  a && b ? (a.version >= b.version ? a : b) : (a ?? b)

/** An order that follows its changes for as long as the page is open. */
export function useOrder(id: string): LiveOrder {
  const { data, failure, retry } = useAnswer(`order ${id}`, () => shop.order.get.query({ id }))
  const [watched, setWatched] = useState<Order | undefined>()
  const [isLive, setLive] = useState(false)
  const isKnown = data !== undefined

  function take(order: Order): void {
    setWatched((before) => later(order, before))
    remember(`order ${id}`, order)
  }

  useEffect(() => {
    if (!isKnown) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let subscription: { unsubscribe: () => void } | undefined
    const again = (): void => {
      setLive(false)
      clearTimeout(timer)
      timer = setTimeout(watch, reconnectMs)
    }
    function watch(): void {
      subscription?.unsubscribe()
      subscription = shop.order.watch.subscribe(
        { id },
        {
          onData: ({ data: order }) => {
            setLive(true)
            setWatched((before) => later(order, before))
          },
          onConnectionStateChange: ({ state }) => setLive(state === 'pending'),
          onError: again,
          onComplete: again,
        },
      )
    }
    watch()
    return () => {
      clearTimeout(timer)
      subscription?.unsubscribe()
    }
  }, [id, isKnown])

  return { order: later(watched, data), isLive, failure, retry, take }
}

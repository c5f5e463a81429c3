import { createClient } from '#client'
import { placement } from '#test'
import { cartId } from './cart-id.ts'
import { serveParent } from './child.ts'
import { closedLoop, measured, type Window } from './window.ts'

/** A process of buyers who place orders with the typed client, over HTTP. */

export interface Buying {
  url: string
  prefix: string
  count: number
  callers: number
  seconds: number
}

serveParent<Buying, Window>(
  async ({ url, prefix, count, callers, seconds }) => {
    const client = createClient({ url })
    let next = 0
    const done = await closedLoop(
      async () => {
        next += 1
        if (next > count) throw new Error('there are too few carts for this window')
        const answer = await client.order.place.mutate(placement(cartId(prefix, next)))
        if (answer.outcome !== 'placed') throw new Error(`a cart was not placed: ${answer.reason}`)
      },
      { callers, seconds },
    )
    return measured(done.latencies, done.seconds)
  },
  () => Promise.resolve(),
)

import { createClient } from '#client'
import { placeRequest } from '#test'
import { cartId } from './cart-id.ts'
import { serveParent } from './child.ts'
import { closedLoop, summarise } from './window.ts'

/** Load generator that places orders over HTTP, with the typed client. */

export interface HttpLoad {
  url: string
  prefix: string
  count: number
  callers: number
  seconds: number
}

serveParent(
  async ({ url, prefix, count, callers, seconds }: HttpLoad) => {
    const client = createClient({ url })
    let next = 0
    const done = await closedLoop(
      async () => {
        next += 1
        if (next > count) throw new Error('too few carts were prepared for this window')
        const result = await client.order.place.mutate(placeRequest(cartId(prefix, next)))
        if (result.outcome !== 'placed') throw new Error(`a cart was not placed: ${result.reason}`)
      },
      { callers, seconds },
    )
    return summarise(done.latencies, done.seconds)
  },
  () => Promise.resolve(),
)

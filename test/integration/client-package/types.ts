import { createClient, type Client, type ErrorCode, type Inputs, type Outputs, type ShopError } from '#client'

/** Assertions about the client's types. Compiled, never run. */

type Same<A, B> = [A, B] extends [B, A] ? true : false
type IsAny<T> = 0 extends 1 & T ? true : false
/** Any `any` in it, down to ten levels. */
type HoldsAny<T, Depth extends 1[] = []> =
  IsAny<T> extends true
    ? true
    : Depth['length'] extends 10
      ? false
      : T extends readonly (infer Item)[]
        ? HoldsAny<Item, [1, ...Depth]>
        : T extends (...args: never) => unknown
          ? false
          : T extends object
            ? true extends { [K in keyof T]-?: HoldsAny<T[K], [1, ...Depth]> }[keyof T]
              ? true
              : false
            : false

type Place = Outputs['order']['place']
type Refusal = Extract<Place, { outcome: 'refused' }>
type CartLine = Outputs['order']['cart']['get']['lines'][number]

const facts: {
  noAnyGoesIn: HoldsAny<Inputs>
  noAnyComesOut: HoldsAny<Outputs>
  outcomes: Same<Place['outcome'], 'placed' | 'refused'>
  onlyPlacedHasAnOrder: Same<Extract<Place, { order: unknown }>['outcome'], 'placed'>
  reasons: 'sold_out' extends Refusal['reason'] ? Same<string extends Refusal['reason'] ? true : false, false> : false
  money: Same<CartLine['unitPrice'], { amount: number; currency: string }>
  locale: Same<Outputs['user']['me']['locale'], 'en' | 'zh'>
  status: Same<
    Outputs['order']['get']['status'],
    'placed' | 'paid' | 'fulfilled' | 'closed' | 'cancelling' | 'cancelled'
  >
  errorCodes: Same<NonNullable<ShopError['data']>['error'], ErrorCode>
} = {
  noAnyGoesIn: false,
  noAnyComesOut: false,
  outcomes: true,
  onlyPlacedHasAnOrder: true,
  reasons: true,
  money: true,
  locale: true,
  status: true,
  errorCodes: true,
}

async function mistakes(shop: Client, place: Inputs['order']['place']): Promise<unknown[]> {
  const answer = await shop.order.place.mutate(place)
  const late: ErrorCode = 'outcome_unknown'
  return [
    late,
    // @ts-expect-error there may be no order
    answer.order,
    answer.outcome === 'placed'
      ? answer.order.number
      : answer.lines?.map(({ requested, available }) => requested - available),
    // @ts-expect-error a field that does not exist
    shop.order.cart.setLine.mutate({ cartId: '', sku: '', quantty: 1 }),
    // @ts-expect-error a field that is missing
    shop.order.cart.setLine.mutate({ cartId: '', sku: '' }),
    // @ts-expect-error a value of the wrong type
    shop.product.list.query({ limit: '5' }),
    // @ts-expect-error an unknown sorting
    shop.product.search.query({ q: '', sort: 'cheapest' }),
    // @ts-expect-error an answer's field that does not exist
    (await shop.product.get.query({ id: '' })).prize,
    // @ts-expect-error a mutation is no query
    shop.order.place.query(place),
    // @ts-expect-error a procedure that does not exist
    shop.order.plaice,
    // @ts-expect-error an error code that does not exist
    'outcome_unknwon' satisfies ErrorCode,
    shop.order.watch.subscribe(
      { id: '' },
      { onError: (error) => error.data?.error satisfies ErrorCode | undefined, onData: ({ data }) => data.status },
    ),
  ]
}

console.log(facts, mistakes(createClient({ url: '' }), { ...({} as Inputs['order']['place']) }))

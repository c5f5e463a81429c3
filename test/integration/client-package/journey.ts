import { createClient, isShopError, type Inputs, type Outputs } from '#client'

/** A buyer's program, as a stranger would write it: it prints what became of the order. Run with the shop's address. */

const shop = createClient({ url: process.argv[2] ?? '' })

const shippingAddress: Inputs['order']['checkout']['shippingAddress'] = {
  name: 'Ada Byron',
  line1: '12 Analytical Street',
  city: 'London',
  postalCode: 'W1G 0AA',
  country: 'GB',
}

function first<Item>(items: Item[]): Item {
  const [item] = items
  if (item === undefined) throw new Error('nothing there')
  return item
}

async function skuOf(card: Outputs['product']['list']['items'][number]): Promise<string> {
  const { variants } = await shop.product.get.query({ slug: card.slug })
  return first(variants.filter(({ available }) => available > 1)).sku
}

const { items } = await shop.product.list.query({ limit: 5 })
const found = await shop.product.search.query({ q: 'wireless keyboard', filters: { inStock: true } })
const listed = first(items.filter(({ available }) => available))
const cart = await shop.order.cart.create.mutate({
  currency: 'USD',
  lines: [{ sku: await skuOf(first(found.items)), quantity: 1 }],
})
const { id: cartId, lines } = await shop.order.cart.setLine.mutate({
  cartId: cart.id,
  sku: await skuOf(listed),
  quantity: 2,
})
const quote = await shop.order.checkout.mutate({ cartId, shippingAddress })
const answer = await shop.order.place.mutate({
  cartId,
  idempotencyKey: crypto.randomUUID(),
  expectedTotal: quote.totals.total,
  email: 'ada@example.com',
  shippingAddress,
  shippingOptionId: first(quote.shippingOptions).id,
  payment: { methodId: first(quote.paymentMethods).id, token: 'pm_card_visa' },
})
if (answer.outcome === 'refused') throw new Error(answer.reason)
const access = { id: answer.order.id, accessToken: answer.accessToken }

await new Promise<void>((resolve, reject) => {
  const watching = shop.order.watch.subscribe(access, {
    onData({ data: order }) {
      if (order.status !== 'paid') return
      watching.unsubscribe()
      resolve()
    },
    onError: reject,
  })
})
const order = await shop.order.get.query(access)
const strangers = await shop.order.get
  .query({ id: order.id })
  .catch((error: unknown) => (isShopError(error) ? error.data?.error : undefined))
console.log(JSON.stringify({ status: order.status, lines: order.lines.length, inCart: lines.length, strangers }))

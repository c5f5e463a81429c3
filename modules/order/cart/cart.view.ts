import { AppError } from '#errors'
import { readOffers } from '#product'
import type { Services } from '#services'
import type { Locale } from '#schemas'
import type { Cart } from '../contract.ts'
import { itemsSum, sumUp, totalsView } from '../pricing/totals.rules.ts'
import type { CartState } from './cart.state.ts'

/** A cart as its buyer sees it, with the present titles, prices and stock. A SKU no longer on sale has nothing available. */
export async function cartView(
  { config, database }: Services,
  cart: CartState,
  locale: Locale = cart.locale,
): Promise<Cart> {
  const { currency } = cart
  const baseCurrency = config.SHOP_CURRENCIES[0] ?? currency
  const offers =
    cart.lines.length === 0
      ? new Map()
      : await readOffers(database.query, { skus: cart.lines.map(({ sku }) => sku), currency, baseCurrency, locale })
  const lines = cart.lines.map(({ sku, quantity }) => {
    const offer = offers.get(sku)
    const unitPriceMinor = offer?.price?.amount ?? 0
    return {
      sku,
      title: offer?.title ?? sku,
      quantity,
      unitPriceMinor,
      available: offer?.isOnSale === true && offer.price !== null ? offer.available : 0,
      productSlug: offer?.productSlug ?? '',
      image: offer?.image ?? null,
    }
  })
  return {
    id: cart.id,
    version: cart.version,
    currency,
    lines: lines.map(({ unitPriceMinor, ...line }) => ({
      ...line,
      unitPrice: { amount: unitPriceMinor, currency },
      total: { amount: unitPriceMinor * line.quantity, currency },
    })),
    totals: totalsView(sumUp({ currency, itemsMinor: itemsSum(lines) }), currency, { taxKnown: false }),
    orderId: cart.orderId,
  }
}

/**
 * Checks that these SKUs can go into a cart of this currency.
 * @throws AppError `not_found` for a SKU that is not on sale, `price_unavailable` for one without a price; both name the field
 */
export async function requireSellable(
  { config, database }: Services,
  request: { lines: readonly { sku: string; field: string }[]; currency: string },
): Promise<void> {
  const { lines, currency } = request
  if (lines.length === 0) return
  const baseCurrency = config.SHOP_CURRENCIES[0] ?? currency
  const offers = await readOffers(database.query, {
    skus: lines.map(({ sku }) => sku),
    currency,
    baseCurrency,
    locale: 'en',
  })
  for (const { sku, field } of lines) {
    const offer = offers.get(sku)
    if (offer === undefined || !offer.isOnSale)
      throw new AppError('not_found', { field, message: 'The shop does not sell this SKU.' })
    if (offer.price === null) throw new AppError('price_unavailable', { field })
  }
}

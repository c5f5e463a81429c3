import { convertedPrice, hasExchangeRate } from '#lib/exchange-rates'
import type { Address, Locale, Money } from '#schemas'
import type { ShippingOption } from '../contract.ts'
import { zoneOf, type Zone } from '../destination.contract.ts'

/** Shipping: options and prices. */

interface Rate {
  id: string
  name: Record<Locale, string>
  /** Minor units by zone and currency; in other currencies the converted price in USD. */
  prices: Record<Zone, PriceList>
  /** Value of goods from which shipping is free, minor units by currency. */
  freeFrom?: PriceList
}

type PriceList = { USD: number } & Record<string, number>

const rates: Rate[] = [
  {
    id: 'standard',
    name: { en: 'Standard, 3 to 5 working days', zh: '标准配送，3 至 5 个工作日' },
    prices: {
      americas: { USD: 590, EUR: 550, CNY: 4200 },
      europe: { USD: 640, EUR: 590, CNY: 4500 },
      asia: { USD: 450, EUR: 420, CNY: 1200 },
    },
    freeFrom: { USD: 15_000, EUR: 14_000, CNY: 99_900 },
  },
  {
    id: 'express',
    name: { en: 'Express, next working day', zh: '特快配送，下一个工作日' },
    prices: {
      americas: { USD: 1490, EUR: 1390, CNY: 10_800 },
      europe: { USD: 1590, EUR: 1490, CNY: 11_500 },
      asia: { USD: 1190, EUR: 1090, CNY: 2800 },
    },
  },
]

const priceIn = (currency: string, list: PriceList): number => list[currency] ?? convertedPrice(list.USD, currency)

/** Shipping options for these goods to this address, cheapest first; none where the shop does not deliver. */
export function shippingOptions(request: {
  address: Pick<Address, 'country'>
  items: Money
  locale: Locale
}): ShippingOption[] {
  const { address, items, locale } = request
  const zone = zoneOf(address.country)
  const { amount, currency } = items
  if (zone === undefined || !hasExchangeRate(currency)) return []
  return rates
    .map((rate) => {
      const isFree = rate.freeFrom !== undefined && amount >= priceIn(currency, rate.freeFrom)
      const price = isFree ? 0 : priceIn(currency, rate.prices[zone])
      return { id: rate.id, name: rate.name[locale], price: { amount: price, currency } }
    })
    .toSorted((a, b) => a.price.amount - b.price.amount)
}

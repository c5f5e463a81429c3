/** The types of the shop's responses. Types only: no server code reaches the browser. */
export type {
  Cart,
  CartLine,
  CheckoutAnswer,
  ClaimedCart,
  Order,
  OrderPage,
  PlaceAnswer,
  RefusalReason,
  StockShortage,
  TimelineEntry,
  Totals,
} from '../../../modules/order/contract.ts'
export type {
  Category,
  Facet,
  Image,
  Product,
  ProductCard,
  ProductPage,
  ProductVariant,
  SearchAnswer,
  Suggestions,
} from '../../../modules/product/contract.ts'
export type { User } from '../../../modules/user/contract.ts'
import type { Outputs } from '#client'

export type ShopSettings = Outputs['shop']['settings']
export type { Address, AddressField, AddressRules, Money, Page } from '#schemas'

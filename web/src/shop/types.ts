/** What the shop answers, as the pages use it: types alone, nothing of the server travels with them. */
export type {
  Cart,
  CartLine,
  CheckoutAnswer,
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
export type { Address, Money, Page } from '#schemas'

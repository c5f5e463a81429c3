import type { OrderState } from './order.state.ts'

/** Quantities of an order by SKU: ordered, cancelled, sent, returned. */
export type Quantities = ReadonlyMap<string, number>

type Lines = readonly { sku: string; quantity: number }[]

export const quantitiesOf = (lines: Lines): Map<string, number> => {
  const quantities = new Map<string, number>()
  for (const { sku, quantity } of lines) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity)
  return quantities
}

/** `minuend` less `subtrahend`, by SKU. */
export const difference = (minuend: Quantities, subtrahend: Quantities): Quantities =>
  new Map([...minuend].map(([sku, quantity]) => [sku, quantity - (subtrahend.get(sku) ?? 0)]))

/** Lines without those of quantity zero. */
export const linesOf = (quantities: Quantities): { sku: string; quantity: number }[] =>
  [...quantities].filter(([, quantity]) => quantity > 0).map(([sku, quantity]) => ({ sku, quantity }))

/** Lines of one SKU as one line. */
export const merged = (lines: Lines) => linesOf(quantitiesOf(lines))

export const totalOf = (quantities: Quantities): number =>
  [...quantities.values()].reduce((sum, quantity) => sum + quantity, 0)

const inRecords = (records: readonly { lines: Lines }[]): Quantities =>
  quantitiesOf(records.flatMap(({ lines }) => lines))

export const sentOf = ({ fulfilments }: Pick<OrderState, 'fulfilments'>): Quantities => inRecords(fulfilments)
export const returnedOf = ({ returns }: Pick<OrderState, 'returns'>): Quantities => inRecords(returns)

/** Ordered and not cancelled. */
export const wantedOf = ({ lines, cancellations }: Pick<OrderState, 'lines' | 'cancellations'>): Quantities =>
  difference(quantitiesOf(lines), inRecords(cancellations))

/** Neither sent nor cancelled. */
export const unsentOf = (state: Pick<OrderState, 'lines' | 'cancellations' | 'fulfilments'>): Quantities =>
  difference(wantedOf(state), sentOf(state))

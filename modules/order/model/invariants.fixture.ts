import { reconcile } from '../ledger/reconciliation.rules.ts'
import { owedRefunds, refundableMinor } from '../state/balance.rules.ts'
import { hasPendingMoney, isSold } from '../state/ending.rules.ts'
import type { OrderState } from '../state/order.state.ts'
import { orderView } from '../state/order.view.ts'
import { quantitiesOf, wantedOf } from '../state/quantity.rules.ts'
import { skus, type Setup, type World } from './world.fixture.ts'

/** What holds after each step of a history, and at its end. Violations are added to the world's list. */

/** Text of staff's reasons in a history. */
export const secret = 'SECRET'

export function checkStep(world: World, setup: Setup): void {
  const { check, orders, stock } = world
  const sums = [...orders.values()].map(stockOf)
  skus.forEach((sku, index) => {
    const level = stock.get(sku)
    if (level === undefined) return
    const expected = (kind: 'reserved' | 'sold'): number =>
      sums.reduce((sum, one) => sum + (one[kind].get(sku) ?? 0), 0)
    check(level.available + level.reserved + level.sold === setup.stock[index], `units of ${sku} are lost or made`)
    check(level.reserved === expected('reserved'), `${level.reserved} of ${sku} reserved, not ${expected('reserved')}`)
    check(level.sold === expected('sold'), `${level.sold} of ${sku} sold, not ${expected('sold')}`)
  })
  for (const order of orders.values()) checkOrder(world, order)
  checkCarts(world, setup)
  for (const email of world.emails.splice(0)) checkEmail(world, email)
}

/** Units that an order holds of the stock, as its state says. */
function stockOf(order: OrderState): { reserved: Map<string, number>; sold: Map<string, number> } {
  const none = new Map<string, number>()
  if (order.status === 'cancelled') return { reserved: none, sold: none }
  const wanted = new Map(wantedOf(order))
  if (!isSold(order)) return { reserved: wanted, sold: none }
  const restocked = quantitiesOf(order.returns.flatMap(({ lines }) => lines.filter(({ restock }) => restock)))
  return { reserved: none, sold: new Map([...wanted].map(([sku, count]) => [sku, count - (restocked.get(sku) ?? 0)])) }
}

function checkOrder({ check, modelOf }: World, order: OrderState): void {
  const view = JSON.stringify(orderView(order))
  check(!view.includes(secret), "staff's reason is shown to the buyer")
  check(!/"(pi|re|dp)_/.test(view), "the provider's ids are shown to the buyer")
  const model = modelOf(order.id)
  check(model.captures() <= 1, 'money is captured twice')
  // A late report of a refund in the provider's dashboard may be older than its failure: those are reconciled at the end.
  const refunded = order.refunds.filter(
    ({ status, providerRefundId, reason }) =>
      status !== 'failed' && providerRefundId !== null && reason !== 'made_at_provider',
  )
  const captured = model.movements
    .filter(({ kind }) => kind === 'capture')
    .reduce((sum, { amount }) => sum + amount.amount, 0)
  check(
    refunded.reduce((sum, { amountMinor }) => sum + amountMinor, 0) <= captured,
    'the shop refunds more than was captured',
  )
}

/** Every unit that was put into a cart is in a cart or an order. */
function checkCarts({ check, carts }: World, { lines }: Setup): void {
  const before = quantitiesOf([...lines.guest, ...lines.account])
  const after = quantitiesOf([...carts.values()].flatMap((cart) => cart.lines))
  for (const sku of skus)
    check(before.get(sku) === after.get(sku), `${after.get(sku)} of ${sku} in carts, not ${before.get(sku)}`)
}

/** Nothing is told to a buyer that is not so at the provider. */
function checkEmail(
  { check, modelOf }: World,
  { order, template, text }: { order: OrderState; template: string; text: string },
): void {
  const { movements, events, kept } = modelOf(order.id)
  const isCaptured = movements.some(({ kind }) => kind === 'capture')
  const isHeld = events.some((event) => event.kind === 'payment' && event.result.status === 'authorised')
  const isChargedBack = events.some((event) => event.kind === 'dispute' && event.status === 'lost')
  const outsideMinor = order.refunds
    .filter(({ method }) => method === 'outside')
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  const hasFailedRefund = movements.some(({ kind }) => kind === 'refund_failed')
  const claims: [claim: string, isTrue: boolean][] = [
    ['have received your payment', isCaptured],
    ['payment is secured', isHeld],
    ['Nothing has been charged', !isCaptured],
    ['your payment refunded', isCaptured && (kept() <= outsideMinor || hasFailedRefund)],
    ['Your bank has returned', isChargedBack],
    ['your bank did not accept', hasFailedRefund],
  ]
  for (const [claim, isTrue] of claims) check(!text.includes(claim) || isTrue, `an email (${template}) says: ${claim}`)
}

/** After staff have done what they can: every order is over, and stock and money add up, here and at the provider. */
export function checkEnd(world: World): void {
  const { check, orders, ledger, modelOf, models, now } = world
  for (const order of orders.values()) {
    const isOver = order.status === 'cancelled' || order.status === 'closed'
    check(isOver && !hasPendingMoney(order), `an order does not end: ${describeOrder(order)}`)
    check(owedRefunds(order).length === 0, `a failed refund cannot be made again: ${describeOrder(order)}`)
    if (order.status === 'cancelled')
      check(refundableMinor(order) === 0, `a cancelled order keeps money: ${describeOrder(order)}`)
  }
  const movements = [...ledger.values()]
  for (const { entries } of movements)
    check(entries.reduce((sum, { amountMinor }) => sum + amountMinor, 0) === 0, 'a movement does not balance')
  const entries = movements.flatMap(({ at, entries: booked }) => booked.map((entry) => ({ ...entry, at })))
  const held = entries
    .filter(({ account }) => account === 'held')
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  check(held === [...models.values()].reduce((sum, model) => sum + model.held(), 0), 'held money differs')
  const here = entries
    .filter(({ account, kind }) => account === 'provider' && !kind.startsWith('fee'))
    .map(({ orderId, kind, currency, amountMinor, at }) => ({
      orderId,
      kind,
      amount: { amount: amountMinor, currency },
      at,
    }))
  const window = { from: new Date(0), to: new Date(now().getTime() + 1) }
  const there = [...orders.keys()].flatMap((id) => modelOf(id).movements)
  const differences = reconcile({ here, there }, window)
  check(differences.length === 0, `the ledger differs from the provider: ${JSON.stringify(differences)}`)
}

const describeOrder = ({ status, paymentStatus, fulfilmentStatus, timeline }: OrderState): string =>
  `${status}/${paymentStatus}/${fulfilmentStatus} after ${timeline.map(({ event }) => event).join(', ')}`

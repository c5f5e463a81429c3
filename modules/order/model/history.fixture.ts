import fc from 'fast-check'
import { owedRefunds } from '../state/balance.rules.ts'
import type { OrderMessage } from '../state/order.message.ts'
import { checkEnd, checkStep, secret } from './invariants.fixture.ts'
import type { Fault } from './provider.fixture.ts'
import { realRules, type Rules } from './rules.fixture.ts'
import { createWorld, skus, type Setup, type World } from './world.fixture.ts'

/** Random histories: what buyer, staff, provider, workers and clock do with two carts and the orders made of them. */

const by = { role: 'staff', userId: null } as const
const orderId = fc.constantFrom('order-of-guest', 'order-of-account')
const sku = fc.constantFrom(...skus)
const quantity = fc.integer({ min: 1, max: 3 })
const amount = fc.option(
  fc.integer({ min: 1, max: 6_000 }).map((minor) => ({ amount: minor, currency: 'EUR' })),
  { nil: undefined },
)
const lines = fc.option(fc.array(fc.record({ sku, quantity }), { minLength: 1, maxLength: 2 }), { nil: undefined })
const isTrue = fc.boolean()
const staffText = { reason: secret, message: 'Sorry' }

let serial = 0
const id = (): string => `${(serial += 1)}`

type Make = (world: World, order: string) => OrderMessage
const always =
  (message: OrderMessage): Make =>
  () =>
    message

const fulfilAll = always({
  type: 'fulfil',
  by,
  fulfilmentId: 'all',
  carrier: null,
  trackingNumber: null,
  trackingUrl: null,
})
const cancelByStaff = always({ type: 'cancel', by, ...staffText })
const refundAll: Make = () => ({ type: 'refund', by, refundId: id(), ...staffText })
/** Of the refunds that failed the first that is still owed; without one another, which is rejected. */
const refundFailed: Make = (world, order) => {
  const state = world.orders.get(order)
  const owed = state === undefined ? [] : owedRefunds(state)
  const failed = owed[0] ?? state?.refunds.find(({ status }) => status === 'failed')
  return { type: 'refund', by, refundId: id(), failedRefundId: failed?.id ?? 'none', ...staffText }
}
const refundLines: Make = (world, order) => ({
  type: 'refund',
  by,
  refundId: id(),
  lines: world.orders.get(order)?.lines.slice(0, 1) ?? [],
  refundShipping: true,
  ...staffText,
})
const refundOutside: Make = (world, order) => ({ ...refundAll(world, order), method: 'outside' }) as OrderMessage
const cancelRest: Make = () => ({ type: 'cancelLines', by, cancellationId: id(), refundId: id(), ...staffText })
const takeBackAll: Make = (world, order) => {
  const sent = (world.orders.get(order)?.fulfilments ?? []).flatMap((fulfilment) => fulfilment.lines)
  const back = sent.length === 0 ? [{ sku: skus[0], quantity: 1 }] : sent
  return {
    type: 'return',
    by,
    returnId: id(),
    refundId: id(),
    lines: back.map((line) => ({ ...line, restock: true })),
    ...staffText,
  }
}

const command: fc.Arbitrary<Make> = fc.oneof(
  fc.constantFrom<Make[]>(
    always({ type: 'cancel', by: { role: 'buyer', userId: null }, reason: 'changed my mind' }),
    cancelByStaff,
    always({ type: 'pay', methodId: 'card', token: 'pm_2' }),
    always({ type: 'capture', by }),
    always({ type: 'note', by, text: secret }),
    fulfilAll,
    cancelRest,
    refundAll,
    refundFailed,
    refundLines,
    refundOutside,
    takeBackAll,
  ),
  fc.record({ lines }).map((chosen): Make => () => ({
    type: 'fulfil',
    by,
    fulfilmentId: id(),
    carrier: null,
    trackingNumber: null,
    trackingUrl: null,
    ...chosen,
  })),
  fc.record({ lines, refundShipping: isTrue }).map((chosen): Make => () => ({
    type: 'cancelLines',
    by,
    cancellationId: id(),
    refundId: id(),
    ...chosen,
    ...staffText,
  })),
  fc.record({ sku, quantity, restock: isTrue, refund: amount, refundLines: isTrue }).map((chosen): Make => {
    const { refund, refundLines: isByLine, ...line } = chosen
    const content = isByLine ? { refundLines: true } : { refund }
    return () => ({ type: 'return', by, returnId: id(), refundId: id(), lines: [line], ...content, ...staffText })
  }),
  fc.record({ amount }).map((chosen): Make => () => ({ type: 'refund', by, refundId: id(), ...chosen, ...staffText })),
)

type Step = (world: World) => void | Promise<void>
const fault = fc.constantFrom<Fault[]>(
  'none',
  'none',
  'none',
  'none',
  'unreachable',
  'lost',
  'failed',
  'decline',
  'bank',
)
const index = fc.nat(50)
const minute = 60_000

type Occurrences = World['models'] extends Map<string, { occurrences: infer Known }> ? Known : never
const occurrence = fc.constantFrom<((occurrences: Occurrences) => void)[]>(
  (one) => one.bankDecides(true),
  (one) => one.bankDecides(false),
  (one) => one.holdsLapse(),
  (one) => one.refundsBecome('succeeded'),
  (one) => one.refundsBecome('failed'),
  (one) => one.refundInDashboard(300),
  (one) => one.disputeBecomes('opened'),
  (one) => one.disputeBecomes('won'),
  (one) => one.disputeBecomes('lost'),
)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(command, orderId).map(
      ([make, order]): Step =>
        (world) =>
          void world.tell(order, make(world, order)),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(index, fault).map(
      ([at, how]): Step =>
        (world) =>
          world.begin(at, how),
    ),
  },
  {
    weight: 5,
    arbitrary: index.map(
      (at): Step =>
        (world) =>
          world.finish(at),
    ),
  },
  {
    weight: 1,
    arbitrary: index.map(
      (at): Step =>
        (world) =>
          world.loseLease(at),
    ),
  },
  {
    weight: 3,
    arbitrary: index.map(
      (at): Step =>
        (world) =>
          world.deliver(at),
    ),
  },
  {
    weight: 1,
    arbitrary: index.map(
      (at): Step =>
        (world) =>
          world.sendEmail(at),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(minute, 20 * minute, 1_440 * minute).map(
      (ms): Step =>
        (world) =>
          world.pass(ms),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(occurrence, orderId).map(([happen, order]): Step => (world) => {
      const model = world.models.get(order)
      if (model === undefined) return
      happen(model.occurrences)
      world.trace.push(`${order}: at the provider ${String(happen).slice(8)}`)
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step[]>(
      (world) => world.claim(),
      (world) => world.place('guest'),
      (world) => world.place('account'),
      (world) => {
        for (const model of world.models.values()) model.areRefundsPending = true
      },
    ),
  },
)

const cartLines = fc.uniqueArray(fc.record({ sku, quantity }), { selector: (line) => line.sku, maxLength: 3 })

const setup: fc.Arbitrary<Setup> = fc.record({
  capture: fc.constantFrom('now' as const, 'later' as const),
  country: fc.constantFrom('DE' as const, 'CA' as const),
  stock: fc.array(fc.integer({ min: 3, max: 8 }), { minLength: 3, maxLength: 3 }),
  lines: fc.record({ guest: cartLines, account: cartLines }),
})

/** How a history begins: carts alone, orders just placed, or orders that are paid. */
const beginning = fc.constantFrom<Step[]>(
  () => undefined,
  (world) => {
    world.claim()
    world.claim()
  },
  place,
  place,
  async (world) => {
    place(world)
    for (let count = 0; count < 4; count += 1) {
      await world.begin(count)
      await world.begin(count)
      world.finish(0)
      world.finish(0)
    }
  },
)
function place(world: World): void {
  world.place('guest')
  world.place('account')
}

/** What staff try at the end, in an order that the history chooses. */
const remedies: readonly Make[] = [cancelByStaff, cancelRest, fulfilAll, takeBackAll, refundFailed, refundAll]
const ending = fc.record({
  remedies: fc.shuffledSubarray([...remedies], { minLength: remedies.length }),
  verdict: fc.constantFrom('won' as const, 'lost' as const),
  /** Whether the buyer's bank sends every refund back after weeks. */
  areRefundsSentBack: isTrue,
})
type Ending = typeof ending extends fc.Arbitrary<infer Chosen> ? Chosen : never

/** Lets everything finish, and has staff bring every order to its end. */
async function end(world: World, chosen: Ending): Promise<void> {
  for (const model of world.models.values()) model.areRefundsPending = false
  for (let round = 0; round < 5; round += 1) {
    await world.settle()
    if (round === 2 && chosen.areRefundsSentBack)
      for (const model of world.models.values()) model.occurrences.refundsBecome('failed')
    for (const model of world.models.values()) model.occurrences.disputeBecomes(chosen.verdict)
    await world.settle()
    for (const [order, state] of world.orders)
      for (const make of chosen.remedies) {
        const isOver = state.status === 'closed' || state.status === 'cancelled'
        if (make !== refundAll || isOver) world.tell(order, make(world, order))
      }
    world.pass(100 * 1_440 * minute)
  }
  await world.settle()
}

/** Runs histories against the shop's rules, or against rules with a planted bug. */
export const histories = (rules: Rules = realRules) =>
  fc.asyncProperty(
    setup,
    beginning,
    fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
    ending,
    async (chosen, begin, steps, last) => {
      const world = createWorld(chosen, rules)
      for (const take of [begin, ...steps]) {
        await take(world)
        checkStep(world, chosen)
        if (world.violations.length > 0) break
      }
      if (world.violations.length === 0) {
        await end(world, last)
        checkStep(world, chosen)
        checkEnd(world)
      }
      if (world.violations.length > 0) throw new Error([...world.violations, ...world.trace].join('\n'))
    },
  )

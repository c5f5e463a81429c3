import fc from 'fast-check'
import { test } from 'vitest'
import type { OrderMessage } from '../state/order.message.ts'
import { createWorld, expectAccounted, type World } from './world.fixture.ts'
import type { Fault } from './provider.fixture.ts'

const by = { role: 'staff', userId: null } as const
const amount = fc.option(fc.integer({ min: 1, max: 4000 }), { nil: undefined })
const sku = fc.constantFrom('MUG', 'LAMP')
let serial = 0
const id = (): string => `${(serial += 1)}`

const fixedCommands: (() => OrderMessage)[] = [
  () => ({ type: 'cancel', by: { role: 'buyer', userId: null } }),
  () => ({ type: 'cancel', by }),
  () => ({ type: 'pay', methodId: 'card', token: 'pm_2' }),
  () => ({ type: 'capture', by }),
  () => ({ type: 'note', by, text: 'note' }),
  () => ({ type: 'close' }),
  () => ({ type: 'paymentDeadline' }),
]
const command: fc.Arbitrary<() => OrderMessage> = fc.oneof(
  fc.constantFrom(...fixedCommands),
  fc
    .record({ sku, quantity: fc.integer({ min: 1, max: 2 }), isAll: fc.boolean() })
    .map(({ isAll, ...line }) => (): OrderMessage => ({
      type: 'fulfil',
      by,
      fulfilmentId: id(),
      lines: isAll ? undefined : [line],
      carrier: null,
      trackingNumber: null,
      trackingUrl: null,
    })),
  fc
    .record({ sku, quantity: fc.integer({ min: 1, max: 2 }), restock: fc.boolean(), refund: amount })
    .map(({ refund, ...line }) => (): OrderMessage => ({
      type: 'return',
      by,
      returnId: id(),
      refundId: id(),
      lines: [line],
      reason: 'back',
      refund: refund === undefined ? undefined : { amount: refund, currency: 'EUR' },
    })),
  amount.map((refund) => (): OrderMessage => ({
    type: 'refund',
    by,
    refundId: id(),
    reason: 'sorry',
    amount: refund === undefined ? undefined : { amount: refund, currency: 'EUR' },
  })),
)

type Step = (world: World) => void | Promise<void>
const fault = fc.constantFrom<Fault[]>('none', 'none', 'none', 'unreachable', 'lost', 'failed', 'decline', 'bank')
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: command.map(
      (make): Step =>
        (world) =>
          world.send(make()),
    ),
  },
  {
    weight: 6,
    arbitrary: fc
      .record({
        kind: fc.constantFrom('payment' as const, 'charge' as const),
        fault,
        isCrash: fc.integer({ min: 0, max: 9 }).map((roll) => roll === 0),
      })
      .map(
        ({ kind, ...options }): Step =>
          (world) =>
            world.run(kind, options),
      ),
  },
  {
    weight: 3,
    arbitrary: fc.nat(50).map(
      (index): Step =>
        (world) =>
          world.deliver(index),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Step[]>(
      ({ model }) => model.occurrences.bankDecides(true),
      ({ model }) => model.occurrences.bankDecides(false),
      ({ model }) => model.occurrences.holdsLapse(),
      ({ model }) => model.occurrences.refundsBecome('succeeded'),
      ({ model }) => model.occurrences.refundsBecome('failed'),
      ({ model }) => model.occurrences.refundInDashboard(300),
      ({ model }) => model.occurrences.disputeBecomes('opened'),
      ({ model }) => model.occurrences.disputeBecomes('won'),
      ({ model }) => model.occurrences.disputeBecomes('lost'),
      ({ model }) => {
        model.areRefundsPending = true
      },
    ),
  },
)

test('stock and money add up and every order ends, in any order of events and faults', async () => {
  const start = fc.record({ capture: fc.constantFrom('now' as const, 'later' as const), isPaid: fc.boolean() })
  const steps = fc.array(step, { minLength: 5, maxLength: 40, size: 'max' })
  await fc.assert(
    fc.asyncProperty(start, steps, async ({ capture, isPaid }, chosen) => {
      const world = createWorld(capture)
      if (isPaid) for (let times = 0; times < 2; times += 1) await world.run('payment', {})
      for (const take of chosen) await take(world)
      await world.runToEnd()
      expectAccounted(world)
    }),
    { numRuns: 1_000 },
  )
}, 60_000)

import fc from 'fast-check'
import { test } from 'vitest'
import type { OrderMessage } from '../state/order.message.ts'
import { createWorld, expectAccounted, type World } from './world.fixture.ts'
import type { Fault } from '../payment/provider.fixture.ts'

const by = { role: 'staff', userId: null } as const
const amount = fc.option(fc.integer({ min: 1, max: 4000 }), { nil: undefined })
const sku = fc.constantFrom('MUG', 'LAMP')
let serial = 0
const id = (): string => `${(serial += 1)}`

const plain: (() => OrderMessage)[] = [
  () => ({ type: 'cancel', by: { role: 'buyer', userId: null } }),
  () => ({ type: 'cancel', by }),
  () => ({ type: 'pay', methodId: 'card', token: 'pm_2' }),
  () => ({ type: 'capture', by }),
  () => ({ type: 'note', by, text: 'note' }),
  () => ({ type: 'close' }),
  () => ({ type: 'paymentDeadline' }),
]
const command: fc.Arbitrary<() => OrderMessage> = fc.oneof(
  fc.constantFrom(...plain),
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
  amount.map((some) => (): OrderMessage => ({
    type: 'refund',
    by,
    refundId: id(),
    reason: 'sorry',
    amount: some === undefined ? undefined : { amount: some, currency: 'EUR' },
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
          world.tell(make()),
    ),
  },
  {
    weight: 6,
    arbitrary: fc
      .record({
        kind: fc.constantFrom('payment' as const, 'charge' as const),
        fault,
        isCrash: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
      })
      .map(
        ({ kind, ...how }): Step =>
          (world) =>
            world.run(kind, how),
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
      ({ model }) => model.happen.bank(true),
      ({ model }) => model.happen.bank(false),
      ({ model }) => model.happen.lapse(),
      ({ model }) => model.happen.refundsBecome('succeeded'),
      ({ model }) => model.happen.refundsBecome('failed'),
      ({ model }) => model.happen.refundElsewhere(300),
      ({ model }) => model.happen.dispute('opened'),
      ({ model }) => model.happen.dispute('won'),
      ({ model }) => model.happen.dispute('lost'),
      ({ model }) => {
        model.isPatient = true
      },
    ),
  },
)

test('whatever happens in whatever order: stock and money are accounted for, here and at the provider, and every order settles', async () => {
  const start = fc.record({ capture: fc.constantFrom('now' as const, 'later' as const), isPaid: fc.boolean() })
  const steps = fc.array(step, { minLength: 5, maxLength: 40, size: 'max' })
  await fc.assert(
    fc.asyncProperty(start, steps, async ({ capture, isPaid }, taken) => {
      const world = createWorld(capture)
      if (isPaid) for (let times = 0; times < 2; times += 1) await world.run('payment', {})
      for (const take of taken) await take(world)
      await world.settle()
      expectAccounted(world)
    }),
    { numRuns: 1_000 },
  )
}, 60_000)

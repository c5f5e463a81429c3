import { defineRow } from '../row.ts'

/** Faults of the sandbox provider, injected one after the other; src/sandbox/faults.ts documents each. */
const faults = [
  { mode: 'slow', delayMs: 1_500, probability: 0.5 },
  { mode: 'fail', status: 500, probability: 0.5 },
  { mode: 'hang', probability: 0.1 },
  { mode: 'late', delayMs: 6_000, probability: 0.2 },
  { mode: 'down' },
]

export const providerFails = defineRow({
  row: 19,
  fault: 'provider slow, hanging, 500, late success',
  injection: 'the sandbox provider with its own ledger',
  guarantee: 'each order is captured once',
  operations: 950,
  perSecond: 25,
  // Includes the shop's own timeout: calls that hang at the last fault end only with it.
  recoversInSeconds: 30,
  async nemesis({ shop, load, random, log }) {
    const order = faults.toSorted(() => random.float() - 0.5)
    for (const [n, fault] of order.entries()) {
      await load.until(0.05 + (n / order.length) * 0.85)
      await shop.provider.heal()
      await shop.provider.fault(fault)
      log(`fault of the provider: ${fault.mode}`)
    }
    await load.until(0.95)
    await shop.provider.heal()
  },
})

import { defineRow } from '../row.ts'

/** What the provider does wrong, one after the other; src/sandbox/faults.ts says what each means. */
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
  how: 'the sandbox provider with its own ledger',
  holds: 'one capture',
  orders: 950,
  perSecond: 25,
  // The last fault hangs what it hangs until our own time is over.
  recoversInSeconds: 30,
  async disturb({ shop, load, chance, say }) {
    const order = faults.toSorted(() => chance.float() - 0.5)
    for (const [n, fault] of order.entries()) {
      await load.until(0.05 + (n / order.length) * 0.85)
      await shop.provider.heal()
      await shop.provider.fault(fault)
      say(`the provider: ${fault.mode}`)
    }
    await load.until(0.95)
    await shop.provider.heal()
  },
})

import { defineRow } from '../row.ts'

export const replyLost = defineRow({
  row: 20,
  fault: 'provider captures, reply lost',
  injection: 'the sandbox provider executes, then breaks the connection',
  guarantee: 'a look-up finds the payment',
  operations: 950,
  perSecond: 25,
  async nemesis({ shop, load }) {
    await load.until(0.05)
    await shop.provider.fault({ mode: 'lose_reply', probability: 0.35 })
    await load.until(0.5)
    await shop.provider.fault({ mode: 'lose_reply', operation: 'confirm', probability: 0.8 })
    await load.until(0.9)
    await shop.provider.heal()
  },
})

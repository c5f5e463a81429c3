import { defineRow } from '../row.ts'

export const commitReplyLost = defineRow({
  row: 15,
  fault: "COMMIT's reply lost",
  injection: 'proxy drops server -> client',
  guarantee: 'each request has one outcome',
  operations: 950,
  perSecond: 25,
  shop: { proxies: ['postgres'] },
  async nemesis({ shop, load, random, notes }) {
    await load.until(0.05)
    shop.postgresProxy.cutReplyTo(/commit/i, () => random.happens(0.15))
    await load.until(0.85)
    shop.postgresProxy.restore()
    notes.set('cuts', shop.postgresProxy.cutCount())
  },
  checker: ({ notes }, { history }) => {
    const unknown = history.filter(({ code }) => code === 'outcome_unknown').length
    return [
      ...(Number(notes.get('cuts')) < 20 ? [`only ${String(notes.get('cuts'))} replies were cut`] : []),
      ...(unknown < 5 ? [`only ${unknown} requests were answered as outcome_unknown`] : []),
    ]
  },
})

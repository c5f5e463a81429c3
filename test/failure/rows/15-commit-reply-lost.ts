import { defineRow } from '../row.ts'

export const commitReplyLost = defineRow({
  row: 15,
  fault: "COMMIT's reply lost",
  how: 'proxy drops server -> client',
  holds: 'one outcome',
  orders: 950,
  perSecond: 25,
  shop: { proxies: ['postgres'] },
  async disturb({ shop, load, chance, notes }) {
    await load.until(0.05)
    shop.postgresProxy.cutReplyTo(/commit/i, () => chance.happens(0.15))
    await load.until(0.85)
    shop.postgresProxy.heal()
    notes.set('cuts', shop.postgresProxy.cuts())
  },
  besides: ({ notes }, { history }) => {
    const unknown = history.filter(({ code }) => code === 'outcome_unknown').length
    return [
      ...(Number(notes.get('cuts')) < 20 ? [`only ${String(notes.get('cuts'))} replies were cut`] : []),
      ...(unknown < 5 ? [`only ${unknown} requests were answered as outcome_unknown`] : []),
    ]
  },
})

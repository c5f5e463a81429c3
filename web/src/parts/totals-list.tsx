import type { Totals } from '../shop/types.ts'
import { useFormats, useText } from '../text/use-text.ts'

interface TotalsListProps {
  totals: Totals
  /** Without delivery, tax and total, as long as the address is unknown. */
  isEstimate?: boolean
}

/** The amounts to pay, line by line. */
export function TotalsList({ totals, isEstimate = false }: TotalsListProps) {
  const text = useText()
  const { money } = useFormats()
  return (
    <dl className="totals">
      <Row name={text.totals.items} value={money(totals.items)} />
      {totals.discount.amount !== 0 && <Row name={text.totals.discount} value={`−${money(totals.discount)}`} />}
      {!isEstimate && (
        <Row
          name={text.totals.shipping}
          value={totals.shipping.amount === 0 ? text.totals.free : money(totals.shipping)}
        />
      )}
      {!isEstimate && !totals.taxIncluded && totals.tax.amount > 0 && (
        <Row name={text.totals.tax} value={money(totals.tax)} />
      )}
      {!isEstimate && <Row name={text.totals.total} value={money(totals.total)} isTotal />}
      {!isEstimate && totals.taxIncluded && totals.tax.amount > 0 && (
        <Row name={text.totals.taxIncluded} value={money(totals.tax)} isNote />
      )}
    </dl>
  )
}

function Row({
  name,
  value,
  isTotal = false,
  isNote = false,
}: {
  name: string
  value: string
  isTotal?: boolean
  isNote?: boolean
}) {
  return (
    <div className={isTotal ? 'totals-row totals-sum' : isNote ? 'totals-row totals-note' : 'totals-row'}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

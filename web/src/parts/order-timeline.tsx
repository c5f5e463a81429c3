import type { TimelineEntry } from '../shop/types.ts'
import { useFormats, useText } from '../text/use-text.ts'

/** History of an order, latest first. */
export function OrderTimeline({ entries }: { entries: TimelineEntry[] }) {
  const text = useText()
  const { dateTime: moment } = useFormats()
  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline">{text.order.timeline}</h2>
      <ol className="timeline">
        {entries.toReversed().map(({ at, event }, index) => (
          <li key={`${entries.length - index} ${event}`}>
            <span>{text.order.events[event] ?? event.replaceAll('_', ' ')}</span>
            <time dateTime={at}>{moment(at)}</time>
          </li>
        ))}
      </ol>
    </section>
  )
}

import { useState, type FormEvent } from 'react'
import { shop } from '../shop/client.ts'
import type { Failure } from '../shop/failure.ts'
import type { Order } from '../shop/types.ts'
import { newIdempotencyKey, useAttempt } from '../shop/use-attempt.ts'
import { useWriting } from '../shop/maintenance.ts'
import { useText } from '../text/use-text.ts'
import { CardChoice, defaultCard } from './card-choice.tsx'
import { Notice } from './notice.tsx'
import { failureText } from '../shop/failure-text.ts'
import { Progress } from './progress.tsx'
import type { Inputs } from '#client'

/** Form to pay a declined order with another card. */
export function PayAgain({ order, onChange }: { order: Order; onChange: (order: Order) => void }) {
  const text = useText()
  const [card, setCard] = useState(defaultCard)
  const writing = useWriting()
  const [failure, setFailure] = useState<Failure | null>(null)
  const { phase, start, resume } = useAttempt<Inputs['order']['pay'], Order>({
    name: `pay.${order.id}`,
    call: (input) => shop.order.pay.mutate(input),
    onCompleted: onChange,
    onFailed: setFailure,
  })

  function pay(event: FormEvent): void {
    event.preventDefault()
    setFailure(null)
    if (phase === 'idle')
      start({ id: order.id, idempotencyKey: newIdempotencyKey(), payment: { methodId: 'card', token: card } })
  }

  return (
    <form className="pay-again" onSubmit={pay}>
      <CardChoice value={card} onChange={setCard} />
      {phase === 'checking' && <Progress title={text.order.payChecking} detail={text.checkout.checkingText} />}
      {phase === 'unknown' && (
        <Notice kind="warning" title={text.checkout.outcomeUnknown}>
          <button type="button" className="button" onClick={resume}>
            {text.checkout.checkAgain}
          </button>
        </Notice>
      )}
      {failure && <Notice kind="error">{failureText(text, failure)}</Notice>}
      {(phase === 'idle' || phase === 'sending') && (
        <button type="submit" {...writing} className="button button-large" aria-busy={phase === 'sending'}>
          {phase === 'sending' ? text.order.paying : text.order.payAgain}
        </button>
      )}
    </form>
  )
}

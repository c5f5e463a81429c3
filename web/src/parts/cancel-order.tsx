import { useState } from 'react'
import { shop } from '../shop/client.ts'
import { failureOf, type Failure } from '../shop/failure.ts'
import type { Order } from '../shop/types.ts'
import { useWriting } from '../shop/maintenance.ts'
import { useText } from '../text/use-text.ts'
import { Dialog } from './dialog.tsx'
import { Notice } from './notice.tsx'
import { failureText } from '../shop/failure-text.ts'

/** Button that cancels the order after a confirmation. */
export function CancelOrder({ order, onChange }: { order: Order; onChange: (order: Order) => void }) {
  const text = useText()
  const [isOpen, setOpen] = useState(false)
  const writing = useWriting()
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)

  async function cancel(): Promise<void> {
    if (isBusy) return
    setBusy(true)
    setFailure(null)
    try {
      onChange(await shop.order.cancel.mutate({ id: order.id }))
      setOpen(false)
    } catch (error) {
      setFailure(failureOf(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <>
      <button type="button" {...writing} className="button button-quiet button-danger" onClick={() => setOpen(true)}>
        {text.order.cancel}
      </button>
      <Dialog title={text.order.cancelTitle} isOpen={isOpen} onClose={() => setOpen(false)}>
        <p>{text.order.cancelText}</p>
        {failure && <Notice kind="error">{failureText(text, failure)}</Notice>}
        <p className="dialog-actions">
          <button type="button" className="button button-quiet" onClick={() => setOpen(false)}>
            {text.order.cancelNo}
          </button>
          <button type="button" className="button button-danger" aria-busy={isBusy} onClick={() => void cancel()}>
            {isBusy ? text.order.cancelling : text.order.cancelYes}
          </button>
        </p>
      </Dialog>
    </>
  )
}

import { failureText } from '../shop/failure-text.ts'
import { changeCurrency, rejectedCurrency } from '../shop/preferences.ts'
import { useStore } from '../shop/store.ts'
import { settings } from '../text/settings.ts'
import { useText } from '../text/use-text.ts'
import { Notice } from './notice.tsx'

/** Says that the cart and the prices keep their currency, and why. */
export function CurrencyNotice() {
  const text = useText()
  const rejected = useStore(rejectedCurrency)
  const { currency: kept } = useStore(settings)
  if (rejected === null) return null
  const { currency, failure, title } = rejected
  return (
    <Notice kind="error" title={text.cart.currencyFailed(currency, kept)} isFocused>
      <p>{title === undefined ? failureText(text, failure) : text.cart.notSoldIn(title, currency)}</p>
      <p className="notice-actions">
        {failure.isRetryable && (
          <button type="button" className="button button-quiet" onClick={() => void changeCurrency(currency)}>
            {text.retry}
          </button>
        )}
        <button type="button" className="button button-quiet" onClick={() => rejectedCurrency.set(null)}>
          {text.close}
        </button>
      </p>
    </Notice>
  )
}

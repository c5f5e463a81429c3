import { announce } from './announcer.tsx'
import { recreateCart } from '../shop/cart.ts'
import { shopInfo } from '../shop/shop-info.ts'
import { useStore } from '../shop/store.ts'
import { chooseCurrency, chooseLocale, settings } from '../text/settings.ts'
import { useText } from '../text/use-text.ts'

/** Selection of language and currency. The cart is recreated, because it has one of each. */
export function Preferences() {
  const text = useText()
  const { locale, currency } = useStore(settings)
  const { currencies } = useStore(shopInfo)
  const other = locale === 'en' ? 'zh' : 'en'

  function change(choose: () => void): void {
    choose()
    recreateCart().catch(() => announce(text.cart.currencyFailed))
  }

  return (
    <div className="preferences">
      <button
        type="button"
        className="strip-button"
        lang={other === 'zh' ? 'zh-CN' : 'en'}
        onClick={() => change(() => chooseLocale(other))}
      >
        {other === 'zh' ? '中文' : 'English'}
      </button>
      {currencies.length > 1 && (
        <label>
          <span className="visually-hidden">{text.currency}</span>
          <select
            className="strip-select"
            value={currency}
            onChange={(event) => change(() => chooseCurrency(event.target.value))}
          >
            {currencies.map(({ code }) => (
              <option key={code}>{code}</option>
            ))}
          </select>
        </label>
      )}
    </div>
  )
}

import { announce } from './announcer.tsx'
import { reissueCart } from '../shop/cart.ts'
import { useStore } from '../shop/store.ts'
import { chooseCurrency, chooseLocale, currencies, settings } from '../text/settings.ts'
import { useText } from '../text/use-text.ts'

/** Language and currency. The cart goes along, since it holds one of each. */
export function Preferences() {
  const text = useText()
  const { locale, currency } = useStore(settings)
  const other = locale === 'en' ? 'zh' : 'en'

  function change(choose: () => void): void {
    choose()
    reissueCart().catch(() => announce(text.cart.currencyFailed))
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
      <label>
        <span className="visually-hidden">{text.currency}</span>
        <select
          className="strip-select"
          value={currency}
          onChange={(event) => change(() => chooseCurrency(event.target.value))}
        >
          {currencies.map((code) => (
            <option key={code}>{code}</option>
          ))}
        </select>
      </label>
    </div>
  )
}

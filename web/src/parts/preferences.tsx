import { useState } from 'react'
import { changeCurrency, changeLocale } from '../shop/preferences.ts'
import { shopInfo } from '../shop/shop-info.ts'
import { useStore } from '../shop/store.ts'
import { settings } from '../text/settings.ts'
import { useText } from '../text/use-text.ts'

/** Selection of language and currency. */
export function Preferences() {
  const text = useText()
  const { locale, currency } = useStore(settings)
  const { currencies } = useStore(shopInfo)
  const [wanted, setWanted] = useState<string | null>(null)
  const other = locale === 'en' ? 'zh' : 'en'

  async function choose(code: string): Promise<void> {
    setWanted(code)
    await changeCurrency(code)
    setWanted((latest) => (latest === code ? null : latest))
  }

  return (
    <div className="preferences">
      <button
        type="button"
        className="strip-button"
        lang={other === 'zh' ? 'zh-CN' : 'en'}
        onClick={() => void changeLocale(other)}
      >
        {other === 'zh' ? '中文' : 'English'}
      </button>
      {currencies.length > 1 && (
        <label>
          <span className="visually-hidden">{text.currency}</span>
          <select
            className="strip-select"
            value={wanted ?? currency}
            aria-busy={wanted !== null}
            onChange={(event) => void choose(event.target.value)}
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

import Bowser from 'bowser'

const lengthMax = 60

/** What a person recognises a device by, such as `Chrome, Windows`; null for a client that does not say. */
export function deviceLabel(userAgent: string | undefined): string | null {
  if (userAgent === undefined || userAgent === '') return null
  const { browser, os } = Bowser.parse(userAgent.slice(0, 500))
  const label = [browser.name, os.name].filter(Boolean).join(', ')
  return label === '' ? null : label.slice(0, lengthMax)
}

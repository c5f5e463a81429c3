import { domainToASCII } from 'node:url'

/** E-mail addresses as browsers take them (HTML, "valid e-mail address"), with international domains in their ASCII form. */

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
export const emailAddressPattern = new RegExp(`^[\\w.!#$%&'*+/=?^\`{|}~-]+@${label}(?:\\.${label})*$`)

/** The address without blanks around it, its domain in lower case and in ASCII. Text that is no address stays none. */
export function normaliseEmailAddress(text: string): string {
  const address = text.trim()
  const at = address.lastIndexOf('@')
  return `${address.slice(0, at + 1)}${asciiDomain(address.slice(at + 1))}`
}

/** At an end of a label, or where only the labels of UTS 46 have them. */
const misplacedHyphen = /(?:^|\.)-|-(?:\.|$)|(?:^|\.)(?!xn--)[^.]{2}--/iu

/** UTS 46. The added label keeps `domainToASCII` from reading numbers as an IPv4 address; it must not see signs of a URL. */
function asciiDomain(domain: string): string {
  if (!/[\u0080-\u{10ffff}]/u.test(domain)) return domain.toLowerCase()
  const plain = domain.normalize('NFKC').replaceAll('。', '.')
  const isDomain = /^[a-z0-9.\-\u0080-\u{10ffff}]*$/iu.test(plain) && !misplacedHyphen.test(plain)
  const ascii = isDomain ? domainToASCII(`${plain}.invalid`) : ''
  return ascii === '' ? domain : ascii.slice(0, -'.invalid'.length)
}

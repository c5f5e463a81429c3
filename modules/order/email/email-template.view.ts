import { addressLines } from '#address'
import { formatMoney } from '#lib/currency'
import { hasLink } from '#lib/text'
import type { Locale, Money } from '#schemas'
import type { FulfilledLine, Order, Refund } from '../contract.ts'
import type { EmailTemplate } from '../state/order.outbox.ts'

/** Emails about an order in the buyer's language, as plain text and the same as simple HTML. */

export interface EmailContent {
  subject: string
  text: string
  html: string
}

interface Words {
  subject: string
  greeting: string
  opening: string
  closing: string
  labels: {
    items: string
    discount: string
    shipping: string
    tax: string
    taxIncluded: string
    total: string
    shipTo: string
    parcel: string
    carrier: string
    trackingNumber: string
    trackingUrl: string
    refund: string
    refundFor: string
    cancelled: string
    link: string
  }
}

const labels = {
  en: {
    items: 'Items',
    discount: 'Discount',
    shipping: 'Shipping',
    tax: 'Tax',
    taxIncluded: 'Tax included',
    total: 'Total',
    shipTo: 'Delivery to',
    parcel: 'In this parcel',
    carrier: 'Carrier',
    trackingNumber: 'Tracking number',
    trackingUrl: 'Follow it at',
    refund: 'Refunded',
    refundFor: 'For',
    cancelled: 'Cancelled',
    link: 'Your order',
  },
  zh: {
    items: '商品',
    discount: '优惠',
    shipping: '运费',
    tax: '税费',
    taxIncluded: '已含税费',
    total: '合计',
    shipTo: '收货地址',
    parcel: '本次包裹',
    carrier: '承运方',
    trackingNumber: '运单号',
    trackingUrl: '物流查询',
    refund: '退款金额',
    refundFor: '退款商品',
    cancelled: '已取消',
    link: '查看订单',
  },
}

function wordsOf(
  template: EmailTemplate,
  order: Order,
  { locale, shopName, moneyBack = 'nothing' }: Pick<EmailContext, 'locale' | 'shopName' | 'moneyBack'>,
): Words {
  const { number } = order
  const name = greetingName(order.shippingAddress.name)
  const greeting = {
    en: name === null ? 'Hello,' : `Hello ${name},`,
    zh: name === null ? '您好：' : `${name}，您好：`,
  }
  const texts: Record<EmailTemplate, Record<Locale, Omit<Words, 'labels'>>> = {
    confirmed: {
      en: {
        subject: `Your order ${number} is confirmed`,
        greeting: greeting.en,
        opening:
          order.paymentStatus === 'authorised'
            ? `Thank you for your order. Your payment is secured; it is taken when we send your things.`
            : `Thank you for your order. We have received your payment and are getting everything ready.`,
        closing: `Your ${shopName} team`,
      },
      zh: {
        subject: `您的订单 ${number} 已确认`,
        greeting: greeting.zh,
        opening:
          order.paymentStatus === 'authorised'
            ? `感谢您的订购。您的付款已预授权，发货时才会扣款。`
            : `感谢您的订购。我们已收到您的付款，正在为您备货。`,
        closing: `${shopName} 团队`,
      },
    },
    cancelled: {
      en: {
        subject: `Your order ${number} has been cancelled`,
        greeting: greeting.en,
        opening: {
          nothing: `Your order has been cancelled. Nothing has been charged; you are welcome to order again at any time.`,
          refund: `Your order has been cancelled and your payment refunded. It can take a few days until your bank shows it.`,
          bank: `Your order has been cancelled. Your bank has returned the payment to you, as you asked it to.`,
          owed: `Your order has been cancelled. Your payment has not come back to you yet: we are looking into it and write again.`,
        }[moneyBack],
        closing: `Your ${shopName} team`,
      },
      zh: {
        subject: `您的订单 ${number} 已取消`,
        greeting: greeting.zh,
        opening: {
          nothing: `您的订单已取消，未产生任何扣款。欢迎您随时再次订购。`,
          refund: `您的订单已取消，款项已退回，银行可能需要几天时间入账。`,
          bank: `您的订单已取消。您的银行已按您的要求将款项退还给您。`,
          owed: `您的订单已取消。款项尚未退回：我们正在处理，并会再次通知您。`,
        }[moneyBack],
        closing: `${shopName} 团队`,
      },
    },
    shipped: {
      en: {
        subject: `Your order ${number} is on its way`,
        greeting: greeting.en,
        opening:
          order.status === 'fulfilled'
            ? `Your order has been sent.`
            : `Part of your order has been sent. We write again when the rest is on its way.`,
        closing: `Your ${shopName} team`,
      },
      zh: {
        subject: `您的订单 ${number} 已发货`,
        greeting: greeting.zh,
        opening: order.status === 'fulfilled' ? `您的订单已发货。` : `您的部分商品已发货，其余商品寄出时会再通知您。`,
        closing: `${shopName} 团队`,
      },
    },
    refunded: {
      en: {
        subject: `A refund for your order ${number}`,
        greeting: greeting.en,
        opening: `We have sent money back to you. It can take a few days until your bank shows it.`,
        closing: `Your ${shopName} team`,
      },
      zh: {
        subject: `您的订单 ${number} 已退款`,
        greeting: greeting.zh,
        opening: `我们已为您退款，银行可能需要几天时间入账。`,
        closing: `${shopName} 团队`,
      },
    },
    refund_failed: {
      en: {
        subject: `We could not refund your order ${number} yet`,
        greeting: greeting.en,
        opening: `We sent money back to you, but your bank did not accept it. It is still yours: we are looking into it, and you can reply to this email to tell us how to pay you.`,
        closing: `Your ${shopName} team`,
      },
      zh: {
        subject: `您的订单 ${number} 的退款未能到账`,
        greeting: greeting.zh,
        opening: `我们已为您退款，但您的银行未能接受。这笔钱仍属于您：我们正在处理，您也可以直接回复本邮件，告诉我们如何付款给您。`,
        closing: `${shopName} 团队`,
      },
    },
    lines_cancelled: {
      en: {
        subject: `A part of your order ${number} has been cancelled`,
        greeting: greeting.en,
        opening: `We cannot send a part of your order. If you have paid for it, we refund it and write to you again.`,
        closing: `Your ${shopName} team`,
      },
      zh: {
        subject: `您的订单 ${number} 的部分商品已取消`,
        greeting: greeting.zh,
        opening: `您订单中的部分商品无法发出。如已付款，我们会为您退款并另行通知。`,
        closing: `${shopName} 团队`,
      },
    },
  }
  return { ...texts[template][locale], labels: labels[locale] }
}

/** The name, if it is no more than a name: letters and the signs that names have, in a few words. Otherwise null. */
function greetingName(name: string): string | null {
  const isName = /^[\p{L}\p{M}\p{Join_Control} .,'’·・-]{1,60}$/u.test(name) && name.split(' ').length <= 6
  return isName && !/\p{L}[.,]\p{L}{2}/u.test(name) && !hasLink(name) ? name : null
}

type Row = [label: string, value: string]

/** What an email needs beside the order. */
export interface EmailContext {
  locale: Locale
  shopName: string
  orderUrl: string | null
  /** Id of the parcel, cancellation or refund that the email is about. */
  reference?: string | undefined
  /** How the money of a cancelled order came back to the buyer: there was none, by a refund, by the bank, not yet. */
  moneyBack?: 'nothing' | 'refund' | 'bank' | 'owed'
}

export function renderEmail(template: EmailTemplate, order: Order, shop: EmailContext): EmailContent {
  const { locale, orderUrl, reference } = shop
  const words = wordsOf(template, order, shop)
  const rows = rowsOf(template, order, { words, locale, reference })

  // Only where something is sent: this is the buyer's own text, which an email to another person must not spread.
  const isSent = template === 'confirmed' || template === 'shipped'
  const { country } = order.shippingAddress
  const address = [
    ...addressLines(order.shippingAddress).filter((line) => !hasLink(line)),
    countryName(country, locale),
  ]
  const text = [
    words.greeting,
    '',
    words.opening,
    '',
    ...rows.map(([label, value]) => `${label}  ${value}`),
    '',
    ...(isSent ? [`${words.labels.shipTo}:`, ...address, ''] : []),
    ...(orderUrl === null ? [] : [`${words.labels.link}: ${orderUrl}`, '']),
    words.closing,
  ].join('\n')
  const html = [
    `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><title>${escapeHtml(words.subject)}</title></head>`,
    '<body style="font-family:system-ui,sans-serif;line-height:1.5;max-width:36rem;margin:2rem auto;padding:0 1rem;color:#1c1c22">',
    `<p>${escapeHtml(words.greeting)}</p><p>${escapeHtml(words.opening)}</p>`,
    '<table style="width:100%;border-collapse:collapse">',
    ...rows.map(
      ([label, value]) =>
        `<tr><td style="padding:.3rem 0;border-bottom:1px solid #e4e4ea">${escapeHtml(label)}</td><td style="padding:.3rem 0;border-bottom:1px solid #e4e4ea;text-align:right">${escapeHtml(value)}</td></tr>`,
    ),
    '</table>',
    isSent
      ? `<p>${escapeHtml(words.labels.shipTo)}:<br>${address.map((line) => escapeHtml(line)).join('<br>')}</p>`
      : '',
    orderUrl === null ? '' : `<p><a href="${escapeHtml(orderUrl)}">${escapeHtml(words.labels.link)}</a></p>`,
    `<p>${escapeHtml(words.closing)}</p></body></html>`,
  ].join('')
  return { subject: words.subject, text, html }
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign)

function rowsOf(
  template: EmailTemplate,
  order: Order,
  { words, locale, reference }: { words: Words; locale: Locale; reference: string | undefined },
): Row[] {
  switch (template) {
    case 'confirmed':
    case 'cancelled':
      return sumRows(order, words, locale)
    case 'shipped': {
      const parcel = order.fulfilments.find(({ id }) => id === reference)
      const details: [string, string | null | undefined][] = [
        [words.labels.carrier, parcel?.carrier],
        [words.labels.trackingNumber, parcel?.trackingNumber],
        [words.labels.trackingUrl, parcel?.trackingUrl],
      ]
      return [
        ...quantityRows(parcel?.lines ?? [], order, words.labels.parcel),
        ...details.flatMap(([label, value]): Row[] => (value ? [[label, value]] : [])),
      ]
    }
    case 'lines_cancelled': {
      const cancellation = order.cancellations.find(({ id }) => id === reference)
      return quantityRows(cancellation?.lines ?? [], order, words.labels.cancelled)
    }
    case 'refund_failed':
    case 'refunded': {
      const refund = order.refunds.find(({ id }) => id === reference)
      return refund === undefined ? [] : refundRows(refund, order, { words, locale })
    }
  }
}

function quantityRows(lines: readonly FulfilledLine[], order: Order, label: string): Row[] {
  const titles = new Map(order.lines.map(({ sku, title }) => [sku, title]))
  return lines.map(({ sku, quantity }) => [label, `${quantity} × ${titles.get(sku) ?? sku}`])
}

function refundRows(refund: Refund, order: Order, { words, locale }: { words: Words; locale: Locale }): Row[] {
  const { labels: label } = words
  const row = (name: string, amount: Money): Row => [name, formatMoney(amount, locale)]
  return [
    ...quantityRows(refund.lines ?? [], order, label.refundFor),
    ...(refund.shipping.amount > 0 ? [row(label.shipping, refund.shipping)] : []),
    ...(refund.tax.amount > 0 ? [row(label.taxIncluded, refund.tax)] : []),
    row(label.refund, refund.amount),
  ]
}

function sumRows({ lines, totals }: Order, words: Words, locale: Locale): Row[] {
  const row = (label: string, amount: Money): Row => [label, formatMoney(amount, locale)]
  return [
    ...lines.map(({ quantity, title, total }) => row(`${quantity} × ${title}`, total)),
    row(words.labels.items, totals.items),
    ...(totals.discount.amount > 0 ? [row(words.labels.discount, totals.discount)] : []),
    row(words.labels.shipping, totals.shipping),
    ...(totals.tax.amount > 0
      ? [row(totals.taxIncluded ? words.labels.taxIncluded : words.labels.tax, totals.tax)]
      : []),
    row(words.labels.total, totals.total),
  ]
}

const countryName = (code: string, locale: Locale): string =>
  new Intl.DisplayNames([locale === 'zh' ? 'zh-CN' : 'en'], { type: 'region', fallback: 'code' }).of(code) ?? code

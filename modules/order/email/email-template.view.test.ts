import { expect, test } from 'vitest'
import { addressLines } from '#address'
import { renderEmail } from './email-template.view.ts'
import type { Order } from '../contract.ts'

const money = (amount: number) => ({ amount, currency: 'CNY' })
const order: Order = {
  id: '01890000-0000-7000-8000-000000000001',
  number: 'ABCDE-12345',
  status: 'paid',
  paymentStatus: 'captured',
  fulfilmentStatus: 'unfulfilled',
  version: 3,
  placedAt: '2026-11-22T12:00:00.000Z',
  paymentActionUrl: null,
  paymentDeadline: null,
  lines: [{ sku: 'X', title: '无线耳机 <b>&</b>', quantity: 2, unitPrice: money(19_900), total: money(39_800) }],
  totals: {
    items: money(39_800),
    discount: money(0),
    shipping: money(1_200),
    tax: money(4_717),
    taxIncluded: true,
    taxKnown: true,
    total: money(41_000),
  },
  email: 'ada@example.com',
  shippingAddress: { name: '李雷', line1: '中山路 1 号', city: '上海', postalCode: '200000', country: 'CN' },
  shippingAddressLines: ['200000', '上海', '中山路 1 号', '李雷'],
  billingAddress: null,
  shippingOption: { id: 'standard', name: '标准配送' },
  fulfilments: [],
  cancellations: [],
  returns: [],
  refunds: [],
  timeline: [],
}

test('an email is in the language of the order, with its lines, totals and address', () => {
  const email = renderEmail('confirmed', order, {
    locale: 'zh',
    shopName: '坚守',
    orderUrl: 'https://shop.example/order/1',
  })
  expect(email.subject).toBe('您的订单 ABCDE-12345 已确认')
  for (const part of [
    '李雷',
    '2 × 无线耳机',
    '¥410.00',
    '已含税费',
    '中山路 1 号',
    'https://shop.example/order/1',
    '坚守',
  ])
    expect(email.text).toContain(part)
  expect(renderEmail('confirmed', order, { locale: 'en', shopName: 'Holdfast', orderUrl: null }).text).toContain(
    'Thank you for your order',
  )
})

test('names and titles are escaped in HTML', () => {
  const { html } = renderEmail(
    'confirmed',
    { ...order, shippingAddress: { ...order.shippingAddress, name: '<script>' } },
    { locale: 'en', shopName: 'Holdfast', orderUrl: null },
  )
  expect(html).not.toContain('<script>')
  expect(html).toContain('&lt;b&gt;&amp;&lt;/b&gt;')
})

const inEnglish = { locale: 'en', shopName: 'Holdfast', orderUrl: null } as const
function withAddress(changes: Partial<Order['shippingAddress']>): Order {
  const shippingAddress = { ...order.shippingAddress, ...changes }
  return { ...order, shippingAddress, shippingAddressLines: addressLines(shippingAddress) }
}

test.each(['Ada Lovelace', 'J. R. R. Tolkien', "Conan O'Brien", '李雷', 'می‌خواهم', 'Zoë Müller-Lüdenscheidt'])(
  'an email greets %s by name',
  (name) => {
    expect(renderEmail('confirmed', withAddress({ name }), inEnglish).text).toMatch(`Hello ${name},\n`)
  },
)

test.each(
  [
    ['Win 1000 $', 'evil.example', 'Evil.Com', 'call +1 555 0100', 'You have won a prize in our draw', '<b>Ada</b>'],
    ['Ada\nYou have won', 'x'.repeat(61), 'http://evil.example', 'Ada!', '🎁 Ada'],
  ].flat(),
)('an email greets a buyer named %j without a name', (name) => {
  for (const template of ['confirmed', 'cancelled'] as const) {
    expect(renderEmail(template, withAddress({ name }), inEnglish).text).toMatch(/^Hello,\n/)
    expect(renderEmail(template, withAddress({ name }), { ...inEnglish, locale: 'zh' }).text).toMatch(/^您好：\n/)
  }
})

test('an email shows the delivery address only when goods are sent, and no line with a link', () => {
  const written = withAddress({ line1: 'Visit evil.com today', city: 'Springfield' })
  for (const template of ['confirmed', 'shipped'] as const) {
    const { text, html } = renderEmail(template, written, inEnglish)
    expect(text).toContain('Springfield')
    expect(text + html).not.toContain('evil.com')
  }
  for (const template of ['cancelled', 'refunded'] as const) {
    const { text, html } = renderEmail(template, written, inEnglish)
    expect(text + html).not.toContain('Springfield')
  }
})

test('a shipment email has its lines and tracking, a refund email its amount', () => {
  const shop = { shopName: 'Holdfast', orderUrl: null } as const
  const parcel = {
    id: '01890000-0000-7000-8000-000000000009',
    at: order.placedAt,
    lines: [{ sku: 'X', quantity: 1 }],
    carrier: 'SF Express',
    trackingNumber: 'SF123',
    trackingUrl: 'https://track.example/SF123',
  }
  const sent = renderEmail(
    'shipped',
    { ...order, fulfilmentStatus: 'partial', fulfilments: [parcel] },
    { ...shop, locale: 'en', reference: parcel.id },
  )
  expect(sent.subject).toBe('Your order ABCDE-12345 is on its way')
  for (const part of ['Part of your order', '1 × 无线耳机', 'SF Express', 'SF123', 'https://track.example/SF123'])
    expect(sent.text).toContain(part)

  const refund = {
    id: 'r1',
    at: order.placedAt,
    amount: money(5_000),
    shipping: money(1_200),
    tax: money(500),
    lines: [{ sku: 'X', quantity: 1 }],
    status: 'succeeded' as const,
  }
  const back = renderEmail('refunded', { ...order, refunds: [refund] }, { ...shop, locale: 'zh', reference: refund.id })
  expect(back.subject).toBe('您的订单 ABCDE-12345 已退款')
  for (const part of ['¥50.00', '¥12.00', '¥5.00', '1 × 无线耳机']) expect(back.text).toContain(part)
})

test('the email about a cancellation says how the money came back, and nothing else', () => {
  const cancelled = { ...order, status: 'cancelled' as const }
  const shop = { locale: 'en' as const, shopName: 'Holdfast', orderUrl: null }
  const { text: untouched } = renderEmail('cancelled', cancelled, { ...shop, moneyBack: 'nothing' })
  const { text: refunded } = renderEmail('cancelled', cancelled, { ...shop, moneyBack: 'refund' })
  const { text: chargedBack } = renderEmail('cancelled', cancelled, { ...shop, moneyBack: 'bank' })
  expect(untouched).toContain('Nothing has been charged')
  expect(refunded).toContain('your payment refunded')
  expect(chargedBack).toContain('Your bank has returned the payment')
  expect(chargedBack).not.toContain('refunded')
})

import { globSync, readFileSync } from 'node:fs'
import { TRPCError } from '@trpc/server'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { errorKinds } from '#errors'
import { addressPartsSchema, emailSchema, localeSchema, quantitySchema, skuSchema } from '#schemas'
import { chinese } from './messages.zh.ts'
import { publicErrorOf } from './public-error.ts'
import { translate } from './translation.ts'

const input = z.strictObject({
  sku: skuSchema,
  quantity: quantitySchema,
  lines: z.array(skuSchema).max(1),
  locale: localeSchema,
  email: emailSchema,
  isGift: z.boolean(),
  address: addressPartsSchema,
})

function issuesOf(value: unknown, locale: 'en' | 'zh'): Record<string, string> {
  const cause = input.safeParse(value).error
  const { issues } = publicErrorOf(new TRPCError({ code: 'BAD_REQUEST', cause }), { locale, input: value })
  return Object.fromEntries(issues.map(({ field, message }) => [field, message]))
}

const wrong = { sku: 'x'.repeat(101), quantity: 0.5, lines: ['a', 'b'], locale: 'de', email: 'ann', isGift: 1, more: 1 }

test('a message says what to do, in English', () => {
  expect(issuesOf(wrong, 'en')).toEqual({
    sku: 'must have at most 100 characters',
    quantity: 'must be a whole number',
    lines: 'must have at most 1 entry',
    locale: 'must be one of: en, zh',
    email: 'must be an e-mail address such as ann@example.com',
    isGift: 'must be true or false',
    address: 'is missing: enter a value',
    more: 'is not a known field: leave it out',
  })
  expect(issuesOf({ ...wrong, sku: ' ', quantity: 1_000, lines: {} }, 'en')).toMatchObject({
    sku: 'must not be empty: enter a value',
    quantity: 'must be at most 999',
    lines: 'must be a list',
  })
})

test('a message says what to do, in Chinese', () => {
  expect(issuesOf(wrong, 'zh')).toEqual({
    sku: '最多 100 个字符',
    quantity: '必须是整数',
    lines: '最多 1 项',
    locale: '必须是以下之一：en, zh',
    email: '必须是电子邮件地址，例如 ann@example.com',
    isGift: '必须是 true 或 false',
    address: '缺少此项，请填写',
    more: '不是已知字段，请删除',
  })
})

test('each error of the table has a message in Chinese', () => {
  const missing = Object.values(errorKinds).filter(({ message }) => translate(message, 'zh') === message)
  expect(missing).toEqual([])
})

test('a value in a message stays in its translation', () => {
  expect(translate('The shop sells in USD, CNY.', 'zh')).toBe('本店支持的货币：USD, CNY。')
  expect(translate('toString', 'zh')).toBe('toString')
})

test('the catalog holds no message that the shop does not have', () => {
  const source = globSync(['src/**/*.ts', 'modules/**/*.ts'])
    .filter((file) => !file.endsWith('.test.ts') && !file.endsWith('messages.zh.ts'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
  const stale = Object.keys(chinese).filter((message) => {
    const parts = message.split('{}').filter((part) => part.trim().length > 1)
    return !parts.every((part) => source.includes(part.trim()))
  })
  expect(stale).toEqual([])
})

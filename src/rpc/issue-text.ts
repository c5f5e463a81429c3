import type { Locale } from '#schemas'
import { z } from 'zod'

type Issue = z.core.$ZodIssue
type Text = Record<Locale, string>

const zodText = z.locales.en().localeError

/** Whether the schema that raised the issue leaves its message to zod. `value` is the input at the path of the issue. */
export function isUntold(issue: Issue, value: unknown): boolean {
  const { message, ...raw } = issue
  const text = zodText({ ...raw, input: value } as z.core.$ZodRawIssue)
  return message === (typeof text === 'string' ? text : text?.message)
}

/** The message for an issue that has none of its own: what the value must be. `value` is the input at its path. */
export function issueText(issue: Issue, value: unknown): Text {
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined
        ? missing
        : {
            en: `must be ${typeNames[issue.expected]?.en ?? 'of another type'}`,
            zh: `必须是${typeNames[issue.expected]?.zh ?? '其他类型'}`,
          }
    case 'invalid_value': {
      const values = issue.values.map(String).join(', ')
      return { en: `must be one of: ${values}`, zh: `必须是以下之一：${values}` }
    }
    case 'too_big':
      return limitText(issue.origin, Number(issue.maximum), 'most')
    case 'too_small':
      return issue.origin === 'string' && issue.minimum === 1
        ? empty
        : limitText(issue.origin, Number(issue.minimum), 'least')
    case 'unrecognized_keys':
      return { en: 'is not a known field: leave it out', zh: '不是已知字段，请删除' }
    default:
      return { en: 'is not valid: correct it', zh: '无效，请更正' }
  }
}

const missing = { en: 'is missing: enter a value', zh: '缺少此项，请填写' }
const empty = { en: 'must not be empty: enter a value', zh: '不能为空，请填写' }

const typeNames: Partial<Record<string, Text>> = {
  string: { en: 'text', zh: '文本' },
  number: { en: 'a number', zh: '数字' },
  int: { en: 'a whole number', zh: '整数' },
  boolean: { en: 'true or false', zh: ' true 或 false' },
  array: { en: 'a list', zh: '列表' },
  object: { en: 'an object', zh: '对象' },
}

function limitText(origin: string, limit: number, bound: 'most' | 'least'): Text {
  const zh = bound === 'most' ? '最多' : '至少'
  const plural = limit === 1 ? '' : 's'
  if (origin === 'string')
    return { en: `must have at ${bound} ${limit} character${plural}`, zh: `${zh} ${limit} 个字符` }
  if (origin === 'array')
    return { en: `must have at ${bound} ${limit} entr${limit === 1 ? 'y' : 'ies'}`, zh: `${zh} ${limit} 项` }
  return { en: `must be at ${bound} ${limit}`, zh: bound === 'most' ? `不能大于 ${limit}` : `不能小于 ${limit}` }
}

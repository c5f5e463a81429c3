import { readFile, readdir } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { hasExchangeRate } from '#lib/exchange-rates'
import type { ProductDraft } from '../draft.contract.ts'
import { categoryDraftSchema, productDraftSchema } from '../draft.contract.ts'
import { demoCategories, demoProducts, pricedIn } from './index.ts'
import { pictures } from './pictures.ts'

const pictureFolder = new URL('../../../web/public/demo/', import.meta.url)
const variants = demoProducts.flatMap((product) => product.variants)

const repeated = (values: readonly string[]) => values.filter((value, index) => values.indexOf(value) !== index)

/** Slugs of the products that violate a guarantee. */
const productsWhere = (isBroken: (product: ProductDraft) => boolean) =>
  demoProducts.filter(isBroken).map((product) => product.slug)

/** Every `{ en, zh }` of a draft, at any depth. */
function textsOf(value: unknown): { en?: unknown; zh?: unknown }[] {
  if (typeof value !== 'object' || value === null) return []
  if ('en' in value || 'zh' in value) return [value]
  return Object.values(value).flatMap(textsOf)
}

describe('demo data', () => {
  test('every category and product is a valid draft', () => {
    expect(z.array(categoryDraftSchema).safeParse(demoCategories).error).toBeUndefined()
    expect(z.array(productDraftSchema).safeParse(demoProducts).error).toBeUndefined()
    expect(demoProducts.length).toBeGreaterThanOrEqual(64)
  })

  test('slugs and SKUs are unique', () => {
    expect(repeated(demoProducts.map((product) => product.slug))).toEqual([])
    expect(repeated(variants.map((variant) => variant.sku))).toEqual([])
    expect(repeated(demoCategories.map((category) => category.slug))).toEqual([])
    for (const { slug } of [...demoProducts, ...demoCategories]) expect(slug).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
  })

  test('the categories form a tree of two levels, and every product is in existing leaves', () => {
    const roots = demoCategories.filter((category) => category.parent === null).map((category) => category.slug)
    const leaves = demoCategories.filter((category) => category.parent !== null)
    for (const leaf of leaves) expect(roots).toContain(leaf.parent)
    const used = new Set(demoProducts.flatMap((product) => product.categories))
    expect([...used].toSorted()).toEqual(leaves.map((leaf) => leaf.slug).toSorted())
    expect(productsWhere((product) => product.categories.length === 0)).toEqual([])
  })

  test('the variants of a product are exactly the combinations of its options', () => {
    const combinationsOf = ({ options }: ProductDraft) =>
      options.reduce((product, option) => product * option.values.length, 1)
    expect(productsWhere((product) => product.variants.length !== combinationsOf(product))).toEqual([])
    expect(
      productsWhere((product) => repeated(product.variants.map(({ values }) => values.join())).length > 0),
    ).toEqual([])
    const isUnknown = ({ options }: ProductDraft, values: number[]) =>
      values.length !== options.length || values.some((value, index) => options[index]?.values[value] === undefined)
    expect(productsWhere((product) => product.variants.some(({ values }) => isUnknown(product, values)))).toEqual([])
  })

  test('every variant has a price in every currency, below its compare-at price', () => {
    for (const { prices, compareAt } of variants) {
      expect(Object.keys(prices).toSorted()).toEqual(['CNY', 'EUR', 'USD'])
      for (const [currency, price] of Object.entries(prices)) {
        expect(price).toBeGreaterThan(0)
        expect(compareAt?.[currency] ?? Infinity).toBeGreaterThan(price)
      }
    }
  })

  test('converted prices are payable in every currency, and below their compare-at prices', () => {
    const currencies = Intl.supportedValuesOf('currency').filter((currency) => hasExchangeRate(currency))
    expect(currencies.length).toBeGreaterThan(120)
    const drafts = demoProducts.map((draft) => pricedIn(draft, currencies))
    expect(z.array(productDraftSchema).safeParse(drafts).error).toBeUndefined()
    for (const { prices, compareAt } of drafts.flatMap((draft) => draft.variants)) {
      expect(Object.keys(prices)).toHaveLength(currencies.length)
      for (const currency of currencies) {
        expect(prices[currency]).toBeGreaterThan(0)
        expect(compareAt?.[currency] ?? Infinity).toBeGreaterThan(prices[currency] ?? Infinity)
      }
    }
  })

  test('every text is in English and in Chinese', () => {
    for (const text of textsOf([demoCategories, demoProducts]))
      expect(text).toEqual({ en: expect.any(String), zh: expect.any(String) })
    const han = /\p{Script=Han}/u
    for (const { title, description } of demoProducts) {
      expect(title.zh).toMatch(han)
      expect(description.zh).toMatch(han)
      expect(`${title.en} ${description.en}`).not.toMatch(han)
    }
  })

  test('two products are sold out, and several kinds are both wireless and wired', () => {
    const named = (language: 'en' | 'zh', words: string) =>
      demoProducts.filter((product) => product.title[language]?.includes(words)).length
    expect(demoProducts.filter((product) => product.variants.every((variant) => variant.stock === 0))).toHaveLength(2)
    expect(named('en', 'Wireless Headphones')).toBeGreaterThanOrEqual(3)
    expect(named('zh', '无线耳机')).toBeGreaterThanOrEqual(3)
    expect(named('en', 'Wireless Keyboard')).toBeGreaterThanOrEqual(3)
    expect(named('zh', '无线键盘')).toBeGreaterThanOrEqual(3)
    expect(named('en', 'Wired Headphones')).toBeGreaterThan(0)
    expect(named('en', 'Wired Keyboard')).toBeGreaterThan(0)
  })
})

describe('demo pictures', () => {
  test('every product has a picture, and every picture a product', async () => {
    const files = (await readdir(pictureFolder)).filter((file) => file.endsWith('.svg'))
    expect(files.toSorted()).toEqual(demoProducts.map((product) => `${product.slug}.svg`).toSorted())
    for (const { slug, media } of demoProducts) expect(media.map(({ url }) => url)).toEqual([`/demo/${slug}.svg`])
  })

  test('every picture file matches its drawing; `node modules/product/demo/pictures.ts` updates it', async () => {
    for (const { slug } of demoProducts)
      expect(await readFile(new URL(`${slug}.svg`, pictureFolder), 'utf8')).toBe(pictures.get(slug))
  })

  test.each([...pictures])(
    'the picture %s is small, well-formed and free of scripts, text and external references',
    (_slug, svg) => {
      expect(Buffer.byteLength(svg)).toBeLessThan(3 * 1024)
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 400 400">/)
      expect(unclosedTags(svg)).toEqual([])
      expect(svg).not.toMatch(
        /<(script|text|image|use|style|foreignObject|a)\b|\son\w+=|href|@import|javascript:|data:|NaN|undefined/i,
      )
      expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toContain('//')
      const defined = [...svg.matchAll(/id="(\w+)"/g)].map((match) => match[1])
      for (const [, target] of svg.matchAll(/url\(([^)]*)\)/g)) expect(defined.map((id) => `#${id}`)).toContain(target)
    },
  )
})

/** Tags without a matching counterpart, or the text outside of tags if there is any. */
function unclosedTags(svg: string): string[] {
  const open: string[] = []
  const rest = svg.replace(
    /<(\/?)(\w+)((?:\s[\w:-]+="[^"<>]*")*)\s*(\/?)>/g,
    (_tag, closes, name, _attributes, isEmpty) => {
      if (closes && open.pop() !== name) open.push(`/${name}`)
      if (!closes && !isEmpty) open.push(name)
      return ''
    },
  )
  return rest.trim() ? [rest.trim()] : open
}

import { expect, test } from 'vitest'
import { dataLoader } from './data-loader.ts'

test('concurrent lookups share one load, and a later lookup loads again', async () => {
  const loads: string[][] = []
  let loadCount = 0
  const find = dataLoader(async (ids) => {
    loads.push([...ids])
    loadCount += 1
    return new Map(ids.filter((id) => id !== 'nobody').map((id) => [id, `${id} ${loadCount}`]))
  })
  expect(await Promise.all(['a', 'b', 'a', 'nobody'].map(find))).toEqual(['a 1', 'b 1', 'a 1', undefined])
  expect(await find('a')).toBe('a 2')
  expect(loads).toEqual([['a', 'b', 'nobody'], ['a']])
})

test('a failed load rejects its own lookups and no later ones', async () => {
  let isFailing = true
  const find = dataLoader(async (ids) => {
    if (isFailing) throw new Error('no connection')
    return new Map(ids.map((id) => [id, id]))
  })
  const lookups = await Promise.allSettled(['a', 'b'].map(find))
  expect(lookups.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  isFailing = false
  expect(await find('a')).toBe('a')
})

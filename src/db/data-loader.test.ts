import { expect, test } from 'vitest'
import { dataLoader } from './data-loader.ts'

test('what is asked for at one moment is loaded at one go, and what is asked later is loaded anew', async () => {
  const loads: string[][] = []
  let times = 0
  const find = dataLoader(async (ids) => {
    loads.push([...ids])
    times += 1
    return new Map(ids.filter((id) => id !== 'nobody').map((id) => [id, `${id} ${times}`]))
  })
  expect(await Promise.all(['a', 'b', 'a', 'nobody'].map(find))).toEqual(['a 1', 'b 1', 'a 1', undefined])
  expect(await find('a')).toBe('a 2')
  expect(loads).toEqual([['a', 'b', 'nobody'], ['a']])
})

test('a load that fails fails for those alone who asked for it', async () => {
  let isFailing = true
  const find = dataLoader(async (ids) => {
    if (isFailing) throw new Error('no connection')
    return new Map(ids.map((id) => [id, id]))
  })
  const asked = await Promise.allSettled(['a', 'b'].map(find))
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  isFailing = false
  expect(await find('a')).toBe('a')
})

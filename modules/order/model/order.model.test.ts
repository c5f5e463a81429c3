import fc from 'fast-check'
import { expect, test } from 'vitest'
import { histories } from './history.fixture.ts'
import { plantedBugs } from './planted-bugs.fixture.ts'

/**
 * Model test of carts and orders. `npm run test:model` runs 100,000 histories. A failure prints its seed and path;
 * MODEL_SEED and MODEL_PATH repeat it.
 */
const { MODEL_HISTORIES = '2000', MODEL_SEED, MODEL_PATH } = process.env
const seed = MODEL_SEED === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(MODEL_SEED)

test('stock and money add up, every order has an end, and buyers read the truth, in every history', async () => {
  process.stdout.write(`model test: ${MODEL_HISTORIES} histories, MODEL_SEED=${seed}\n`)
  const path = MODEL_PATH === undefined ? {} : { path: MODEL_PATH }
  // As a rejection, which is printed with its cause: the violated invariant and the history.
  const checked = fc.assert(histories(), { numRuns: Number(MODEL_HISTORIES), seed, ...path })
  await expect(checked).resolves.toBeUndefined()
}, 3_600_000)

test.each(Object.entries(plantedBugs))(
  'histories find a planted bug: %s',
  async (_, rules) => {
    const { failed } = await fc.check(histories(rules), { numRuns: 2_000, seed: 1, endOnFailure: true })
    expect(failed).toBe(true)
  },
  600_000,
)

import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { BootError } from '#errors'
import { parseJson, requireFolder } from './data-folder.ts'

const keysSchema = z.object({
  secretKey: z.string().min(32),
  sandboxKey: z.string().min(16),
  sandboxWebhookSecret: z.string().min(16),
})
type Keys = z.infer<typeof keysSchema>

/** The keys of a shop that was given none, generated once into its data folder. */
export async function readKeys(dataDir: string): Promise<Keys> {
  await requireFolder(dataDir)
  const file = join(dataDir, 'keys.json')
  return (await readFrom(file)) ?? generateInto(file)
}

/** @throws BootError for a file that holds something else: to replace it would void what the keys have signed */
async function readFrom(file: string): Promise<Keys | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const keys = keysSchema.safeParse(parseJson(text))
  if (keys.success) return keys.data
  throw new BootError(
    `The keys in ${file} cannot be read. Restore the file from a backup, or remove it: guests' links to their orders are void then.`,
  )
}

/** Whole or not at all; of two that start at once the first wins, and the other takes its keys. */
async function generateInto(file: string): Promise<Keys> {
  const random = (): string => randomBytes(32).toString('base64url')
  const keys: Keys = {
    secretKey: random(),
    sandboxKey: `sk_test_${random()}`,
    sandboxWebhookSecret: `whsec_${random()}`,
  }
  const draft = `${file}.${process.pid}`
  await writeFile(draft, JSON.stringify(keys), { mode: 0o600, flush: true })
  try {
    await link(draft, file)
    return keys
  } catch (error) {
    const theirs = await readFrom(file)
    if (theirs === undefined) throw error
    return theirs
  } finally {
    await rm(draft, { force: true })
  }
}

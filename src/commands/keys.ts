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

/** Keys of a shop without configured ones, generated once and kept in its data folder. */
export async function readKeys(dataDir: string): Promise<Keys> {
  await requireFolder(dataDir)
  const file = join(dataDir, 'keys.json')
  return (await readKeysFile(file)) ?? generateKeysFile(file)
}

/** @throws BootError for a file with other content: replacing it would invalidate everything signed with the keys */
async function readKeysFile(file: string): Promise<Keys | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const keys = keysSchema.safeParse(parseJson(text))
  if (keys.success) return keys.data
  throw new BootError(
    `The keys in ${file} cannot be read. Restore the file from a backup, or remove it to generate new keys; links that guests have to their orders then stop working.`,
  )
}

/** Creates the file atomically. Of two concurrent starts the first wins, and the other uses its keys. */
async function generateKeysFile(file: string): Promise<Keys> {
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
    const existing = await readKeysFile(file)
    if (existing === undefined) throw error
    return existing
  } finally {
    await rm(draft, { force: true })
  }
}

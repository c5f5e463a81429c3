import { writeFile } from 'node:fs/promises'
import { describeApi } from './describe-api.ts'

/** Writes the description of the API that the server serves. To be run after each change of a contract. */
await writeFile(new URL('../http/openapi.json', import.meta.url), `${JSON.stringify(await describeApi(), null, 2)}\n`)

import { checkMigrations } from './index.ts'

const { ok, problems } = await checkMigrations()
for (const { file, message, remedy } of problems) process.stderr.write(`${file}: ${message} ${remedy}\n`)
process.exitCode = ok ? 0 : 1

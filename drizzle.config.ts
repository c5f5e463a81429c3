import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'postgresql',
  schema: ['./src/*/schema.ts', './modules/*/schema.ts'],
  out: './migrations',
})

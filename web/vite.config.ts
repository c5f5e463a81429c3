import react from '@vitejs/plugin-react'
import { glob, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

const outDir = join(import.meta.dirname, 'dist')

/** Compresses all text files at build time; the server only selects the encoding that the browser accepts. */
const precompressed: Plugin = {
  name: 'precompressed',
  apply: 'build',
  async closeBundle() {
    for await (const name of glob('**/*.{html,js,css,svg}', { cwd: outDir })) {
      const file = join(outDir, name)
      const content = await readFile(file)
      await writeFile(`${file}.br`, await promisify(brotliCompress)(content))
      await writeFile(`${file}.gz`, await promisify(gzip)(content))
    }
  },
}

/** `vite build -c web/vite.config.ts` writes web/dist; `vite -c web/vite.config.ts` serves the pages for development, with the shop at SHOP_URL. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), precompressed],
  build: {
    target: 'es2022',
    outDir,
    emptyOutDir: true,
    // The shop's content security policy forbids inline scripts.
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/trpc': process.env['SHOP_URL'] ?? 'http://127.0.0.1:3000' } },
})

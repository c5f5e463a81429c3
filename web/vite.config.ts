import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** `vite build -c web/vite.config.ts` writes web/dist; `vite -c web/vite.config.ts` serves it against a shop on SHOP_URL. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    // The content security policy of the shop takes no inline code or fonts; small pictures may stand in the CSS.
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/trpc': process.env['SHOP_URL'] ?? 'http://127.0.0.1:3000' } },
})

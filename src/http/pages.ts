import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sendError } from './send-error.ts'

/** Output folder of `vite build`. */
const pagesFolder = fileURLToPath(new URL('../../web/dist', import.meta.url))

/**
 * The storefront, a single-page application: hashed assets are cached for ever, other files are revalidated by ETag, and
 * any other URL that accepts HTML gets index.html.
 */
export async function registerPages(server: FastifyInstance): Promise<void> {
  const isBuilt = existsSync(join(pagesFolder, 'index.html'))
  if (isBuilt) {
    await server.register(fastifyStatic, {
      root: pagesFolder,
      wildcard: true,
      // The build writes .br and .gz beside each file.
      preCompressed: true,
      setHeaders(reply, path) {
        reply.header(
          'cache-control',
          path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'public, max-age=0, must-revalidate',
        )
      },
    })
  }
  server.setNotFoundHandler((request, reply) => {
    const wantsPage = request.method === 'GET' && request.headers.accept?.includes('text/html') === true
    if (!wantsPage) return sendError(reply, 'not_found')
    if (!isBuilt)
      return reply
        .status(503)
        .type('text/plain')
        .send('The pages of the shop are not built. Run `npm run build:web` and restart; the API works without them.\n')
    return reply.header('cache-control', 'public, max-age=0, must-revalidate').sendFile('index.html')
  })
}

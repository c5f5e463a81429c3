import type { FastifyInstance } from 'fastify'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

/** `/openapi.json`: the description of the API, which `npm run build:openapi` writes beside this file. */
export async function registerOpenApi(server: FastifyInstance): Promise<void> {
  const text = await readFile(new URL('openapi.json', import.meta.url), 'utf8')
  const body = Buffer.from(JSON.stringify(JSON.parse(text)))
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  server.get('/openapi.json', (request, reply) => {
    reply.headers({ etag, 'cache-control': 'public, max-age=300, stale-while-revalidate=86400' })
    return request.headers['if-none-match']?.includes(etag) === true
      ? reply.status(304).send()
      : reply.type('application/json').send(body)
  })
}

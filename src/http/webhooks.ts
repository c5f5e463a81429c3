import type { FastifyInstance } from 'fastify'
import type { App } from '#app'
import { sendError } from './send-error.ts'

/** What outside parties tell us. The signature is over the bytes as they came, so they are not parsed before it is checked. */
export function registerWebhooks(server: FastifyInstance, app: App): void {
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
    scope.post('/webhooks/payment', async (request, reply) => {
      // The provider sends it again, for days.
      if (app.services.config.READ_ONLY) return sendError(reply, 'unavailable')
      const signature = request.headers['stripe-signature']
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const event = app.payments.readWebhook(body, typeof signature === 'string' ? signature : undefined)
      if (event !== null) await app.notePayment(event)
      return reply.status(200).send({ received: true })
    })
  })
}

import type { FastifyInstance } from 'fastify'
import type { App } from '#app'
import { AppError, maintenanceError } from '#errors'
import { rejectHostileInput } from '#rpc'
import { metrics } from '#telemetry'
import { sendError } from './send-error.ts'

/** Webhooks of external services. The signature covers the raw bytes, so the body is parsed only after it is verified. */
export function registerWebhooks(server: FastifyInstance, app: App): void {
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
    scope.post('/webhooks/payment', async (request, reply) => {
      // The provider delivers it again, for days.
      if (app.services.config.READ_ONLY) return sendError(reply, 'maintenance', maintenanceError())
      const signature = request.headers['stripe-signature']
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      try {
        const event = app.payments.readWebhook(body, typeof signature === 'string' ? signature : undefined)
        if (event !== null) {
          rejectHostileInput(event)
          await app.receivePaymentEvent(event)
        }
        metrics.webhooks.inc({ outcome: event === null ? 'foreign' : 'received' })
      } catch (error) {
        metrics.webhooks.inc({ outcome: error instanceof AppError ? 'rejected' : 'failed' })
        throw error
      }
      return reply.status(200).send({ received: true })
    })
  })
}

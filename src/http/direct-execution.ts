import { callTRPCProcedure } from '@trpc/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '#rpc'
import { sendCallError } from './call-error.ts'
import { rawInput } from './call-input.ts'
import type { CallTarget } from './procedure-call.ts'

/**
 * Direct execution: a single JSON call goes to its procedure without tRPC's adapter, which builds web Request and
 * Response objects for each call. Those cost more than most calls do. The bytes on the wire are the same.
 */

/** Calls the procedure and sends its result. Never throws: an error is sent as the reply. */
export async function executeDirectly(
  request: FastifyRequest,
  reply: FastifyReply,
  { router, ctx, call }: CallTarget,
): Promise<void> {
  const context = ctx()
  let input: unknown
  reply.header('content-type', 'application/json').header('vary', 'trpc-accept, accept')
  try {
    const body = await resultOf({ router, call, context, getRawInput: async () => (input = rawInput(request)) })
    // A buffer, since Fastify adds a charset to the type of a string.
    await reply.send(Buffer.from(body))
  } catch (error) {
    await sendCallError(reply, error, { router, ctx: () => context, call, input })
  }
}

interface Execution extends Pick<CallTarget, 'router' | 'call'> {
  context: Context
  getRawInput(): Promise<unknown>
}

/** @returns the body of the response. @throws what the procedure throws */
export async function resultOf({ router, call, context, getRawInput }: Execution): Promise<string> {
  const data: unknown = await callTRPCProcedure({
    router,
    ctx: context,
    path: call.path,
    type: call.type,
    getRawInput,
    signal: undefined,
    batchIndex: 0,
  })
  return JSON.stringify({ result: { data } })
}

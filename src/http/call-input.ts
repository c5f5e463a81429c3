import { TRPCError } from '@trpc/server'
import type { FastifyRequest } from 'fastify'
import { isUtf8 } from 'node:buffer'
import { AppError } from '#errors'
import { canonicalJson } from '#lib/canonical-json'
import type { ProcedureCall } from './procedure-call.ts'

/**
 * The text of a body. Decoding would replace invalid bytes by U+FFFD, and names and addresses would be stored with wrong
 * characters.
 * @throws AppError `bad_input` when it is not UTF-8
 */
export function decodeBody(body: Buffer): string {
  if (!isUtf8(body)) throw new AppError('bad_input', { message: 'The body must be JSON in UTF-8.' })
  return body.toString()
}

/** The input as sent, of a GET in the query string, else in the body. @throws TRPCError BAD_REQUEST when it is not JSON */
export function rawInput(request: FastifyRequest): unknown {
  const text = request.method === 'GET' ? (request.query as { input?: unknown }).input : request.body
  if (text === undefined || text === null || text === '') return undefined
  if (typeof text !== 'string') throw new TRPCError({ code: 'BAD_REQUEST', message: 'the input must be given once' })
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TRPCError({ code: 'BAD_REQUEST', message: 'the input must be JSON', cause })
  }
}

export interface KeyedInput {
  /** Canonical: inputs of one meaning have one key, however they are written. */
  key: string
  raw: unknown
}

/** @returns undefined when the input is not valid: the call itself then reports what is wrong */
export function keyedInput(call: ProcedureCall, readRaw: () => unknown): KeyedInput | undefined {
  try {
    const raw = readRaw()
    return { key: `${call.path} ${canonicalJson(call.parse(raw))}`, raw }
  } catch {
    return undefined
  }
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beanstalkActions } from './beanstalk.ts'
import { handleObject, jsonActions, queryActions } from './other-services.ts'
import { AwsFailure, createParameters, failureXml, successXml } from './protocol.ts'
import type { World } from './world.ts'

/** AWS on loopback: the protocols of the services that a release calls, for the real SDK. */
export interface FakeAws extends AsyncDisposable {
  url: string
  /** Environment of a process whose SDK calls this server. */
  env: Record<string, string>
}

const queryNamespaces: Readonly<Record<string, string>> = {
  elasticbeanstalk: 'http://elasticbeanstalk.amazonaws.com/docs/2010-12-01/',
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
  cloudformation: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
  autoscaling: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
  elasticloadbalancing: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
}

export async function startFakeAws(world: World): Promise<FakeAws> {
  const server = createServer((request, response) => {
    void handle(world, request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'AKIAFAKE',
      AWS_SECRET_ACCESS_KEY: 'fake-secret-key',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Call {
  service: string
  action: string
  /** @returns the response's body, type and headers */
  answer(): { text: string | Buffer; type: string; headers?: Record<string, string> }
  fail(failure: AwsFailure): { text: string; type: string; headers?: Record<string, string> }
}

async function handle(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const url = new URL(request.url ?? '/', 'http://fake')
  if (url.pathname === '/_clock') {
    world.advance(Number(url.searchParams.get('advance') ?? 0))
    return void response.end(String(world.now))
  }
  const scope = /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//.exec(request.headers.authorization ?? '')
  const [, accessKey = '', region = '', service = ''] = scope ?? []
  const call = callOf(world, service, request, url, body)
  world.calls.push(`${service} ${call.action}`)
  const { faults } = world
  try {
    requireCredentials(world, accessKey, service)
    if (faults.throttled !== undefined && faults.throttled > 0) {
      faults.throttled -= 1
      throw new AwsFailure('Throttling', 'Rate exceeded')
    }
    if (region !== world.region && call.action === 'DescribeStacks')
      throw new AwsFailure('ValidationError', 'Stack with id Holdfast does not exist')
    const { text, type, headers = {} } = call.answer()
    if (faults.loseAnswer?.call === `${service} ${call.action}`) {
      const { onLost } = faults.loseAnswer
      delete faults.loseAnswer
      response.destroy()
      return onLost?.()
    }
    response.writeHead(200, { 'content-type': type, ...headers }).end(text)
  } catch (error) {
    if (!(error instanceof AwsFailure)) throw error
    const { text, type, headers = {} } = call.fail(error)
    response.writeHead(error.status, { 'content-type': type, ...headers }).end(text)
  }
}

function requireCredentials({ faults }: World, accessKey: string, service: string): void {
  if (accessKey !== 'AKIAFAKE' || faults.credentials === 'unknown')
    throw new AwsFailure(
      service === 's3' ? 'InvalidAccessKeyId' : 'InvalidClientTokenId',
      'The security token included in the request is invalid.',
      403,
    )
  if (faults.credentials === 'expired')
    throw new AwsFailure(
      service === 'wafv2' || service === 'monitoring' ? 'ExpiredTokenException' : 'ExpiredToken',
      'The security token included in the request is expired',
      403,
    )
  if (faults.credentials === 'denied' && service !== 'sts')
    throw new AwsFailure(
      service === 'wafv2' || service === 'monitoring' ? 'AccessDeniedException' : 'AccessDenied',
      'User is not authorized to perform this action',
      403,
    )
}

function callOf(world: World, service: string, request: IncomingMessage, url: URL, body: Buffer): Call {
  const target = request.headers['x-amz-target']
  if (typeof target === 'string') return jsonCall(world, service, target, request, body)
  if (service === 's3') return objectCall(world, request, url, body)
  return queryCall(world, service, body)
}

function queryCall(world: World, service: string, body: Buffer): Call {
  const values = new Map(new URLSearchParams(body.toString()))
  const action = values.get('Action') ?? ''
  const actions = service === 'elasticbeanstalk' ? beanstalkActions : queryActions[service]
  return {
    service,
    action,
    answer() {
      const run = actions?.[action]
      if (run === undefined) throw new AwsFailure('InvalidAction', `The fake has no ${service} ${action}.`)
      const result = run(world, createParameters(values))
      return { text: successXml(action, queryNamespaces[service] ?? '', result), type: 'text/xml' }
    },
    fail: (failure) => ({ text: failureXml(failure), type: 'text/xml' }),
  }
}

function jsonCall(world: World, service: string, target: string, request: IncomingMessage, body: Buffer): Call {
  const action = target.slice(target.lastIndexOf('.') + 1)
  const type = request.headers['content-type'] ?? 'application/x-amz-json-1.1'
  return {
    service,
    action,
    answer() {
      const run = jsonActions[action]
      if (run === undefined) throw new AwsFailure('UnknownOperationException', `The fake has no ${target}.`)
      return { text: JSON.stringify(run(world, JSON.parse(body.toString()) as Record<string, unknown>)), type }
    },
    fail: ({ code, message }) => ({ text: JSON.stringify({ __type: code, message }), type }),
  }
}

function objectCall(world: World, request: IncomingMessage, url: URL, body: Buffer): Call {
  const { method = 'GET', headers } = request
  const path = decodeURIComponent(url.pathname.slice(1))
  return {
    service: 's3',
    action: `${method === 'PUT' ? 'PutObject' : method === 'HEAD' ? 'HeadObject' : 'GetObject'}${path.endsWith('.zip') ? ' bundle' : ''}`,
    answer() {
      const found = handleObject(world, { method, path, headers, body })
      return {
        text: method === 'HEAD' ? '' : found.body,
        type: 'application/octet-stream',
        headers: { etag: found.etag },
      }
    },
    fail: ({ code, message }) => ({
      text: method === 'HEAD' ? '' : `<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
      type: 'application/xml',
    }),
  }
}

import { SMTPServer } from 'smtp-server'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runProgram, startFleet, type Fleet } from '#test'

/** A shop for real buyers is safe by its settings, or its start is refused with what to set. */

/** A complete production environment. */
const safe: Record<string, string> = {
  NODE_ENV: 'production',
  SHOP_URL: 'https://shop.holdfast.test',
  HOST: '0.0.0.0',
  TRUST_PROXY: '10.0.0.0/8',
  SECRET_KEY: '6f1d0c9be27a4358a1f4c02d97be6581',
  DATABASE_URL: 'postgres://shop:secret-password@127.0.0.1:9/shop',
  PAYMENT_SECRET_KEY: 'sk_live_0123456789',
  PAYMENT_WEBHOOK_SECRET: 'whsec_0123456789',
  SMTP_URL: 'smtps://shop:secret-password@mail.holdfast.test',
  EMAIL_FROM: 'Shop <shop@holdfast.test>',
}

async function run(
  args: string[],
  env: Record<string, string | undefined>,
): Promise<{ code: number | null; output: string }> {
  const given = Object.entries({ ...safe, ...env }).filter((entry): entry is [string, string] => entry[1] !== undefined)
  await using program = runProgram(args, { env: Object.fromEntries(given) })
  return { code: await program.ended(), output: program.output() }
}

const refusal = 'This shop is not safe for production'

describe('a production start is refused with the setting and its remedy when', () => {
  test.each<[what: string, env: Record<string, string | undefined>, setting: string, remedy: string]>([
    ['the address is unknown', { SHOP_URL: undefined }, 'SHOP_URL', 'https://'],
    ['the address is not HTTPS', { SHOP_URL: 'http://shop.example.com' }, 'SHOP_URL', 'https address'],
    ['replicas would have different keys', { SECRET_KEY: undefined }, 'SECRET_KEY', 'openssl rand'],
    ['all visitors would count as one', { TRUST_PROXY: undefined }, 'TRUST_PROXY', '10.0.0.0/8'],
    ['there is no payment key', { PAYMENT_SECRET_KEY: undefined }, 'PAYMENT_SECRET_KEY', 'sk_live_'],
    [
      'the payment key is for tests',
      { PAYMENT_SECRET_KEY: 'sk_test_0123456789' },
      'PAYMENT_SECRET_KEY',
      'test-payments',
    ],
    ['the payment provider is a sandbox', { PAYMENT_URL: 'http://127.0.0.1:9' }, 'PAYMENT_URL', 'Unset it'],
    ['webhooks cannot be verified', { PAYMENT_WEBHOOK_SECRET: undefined }, 'PAYMENT_WEBHOOK_SECRET', 'endpoint'],
    ['emails go to a folder', { SMTP_URL: undefined }, 'SMTP_URL', 'smtps://'],
    ['emails travel in clear', { SMTP_URL: 'smtp://mail.holdfast.test' }, 'SMTP_URL', 'requireTLS=true'],
    ['emails come from example.com', { EMAIL_FROM: undefined }, 'EMAIL_FROM', 'your domain'],
    [
      'Postgres is far and in clear',
      { DATABASE_URL: 'postgres://u:secret-password@db/x' },
      'DATABASE_URL',
      'verify-full',
    ],
    [
      'the certificate of Postgres is not verified',
      { DATABASE_URL: 'postgres://u:secret-password@db/x?sslmode=no-verify' },
      'DATABASE_URL',
      'verify-full',
    ],
    ['Redis is far and in clear', { REDIS_URL: 'redis://:secret-password@queue' }, 'REDIS_URL', 'rediss://'],
    ['the cache is far and in clear', { CACHE_REDIS_URL: 'redis://cache' }, 'CACHE_REDIS_URL', 'rediss://'],
  ])('%s', async (_, env, setting, remedy) => {
    const { code, output } = await run(['serve'], env)
    expect(code).toBe(1)
    expect(output).toContain(refusal)
    const problems = output.split('\n').filter((line) => line.startsWith('  '))
    expect(problems).toEqual([expect.stringMatching(`^  ${setting} `)])
    expect(problems[0]).toContain(remedy)
    expect(output).not.toContain('secret-password')
  })

  test('it is a worker, several processes or `npm start`: the reason is printed once', async () => {
    for (const args of [['worker'], ['serve', '--processes', '2'], ['start', '--no-pages']]) {
      const { code, output } = await run(args, { SHOP_URL: undefined })
      expect(code).toBe(1)
      expect(output.split(refusal)).toHaveLength(2)
    }
  })
})

test('a safe production environment passes, and its start goes on to Postgres', async () => {
  const { output } = await run(['serve'], {})
  expect(output).not.toContain(refusal)
  expect(output).toContain('Postgres cannot be reached')
})

test('a command that serves no buyers needs safe connections alone', async () => {
  const bare = { SHOP_URL: undefined, PAYMENT_SECRET_KEY: undefined, EMAIL_FROM: undefined, SECRET_KEY: undefined }
  expect((await run(['migrate'], bare)).output).not.toContain(refusal)
  const plain = await run(['migrate'], { ...bare, DATABASE_URL: 'postgres://u:p@db.holdfast.test/x' })
  expect(plain.output).toMatch(new RegExp(`${refusal}.*\\n  DATABASE_URL `))
})

test('a key that is easy to guess is rejected in every mode', async () => {
  const { code, output } = await run(['serve'], { NODE_ENV: undefined, SECRET_KEY: 'a'.repeat(32) })
  expect(code).toBe(1)
  expect(output).toContain('SECRET_KEY: is easy to guess')
})

test.each(['true', 'yes', '1', 'balancer', '10.0.0.0/99', '0.0.0.0/0', '::/0', ',', '10.0.0.1,true'])(
  'TRUST_PROXY=%s names no balancer and is rejected by a message without a stack',
  async (value) => {
    const { code, output } = await run(['serve'], { TRUST_PROXY: value })
    expect(code).toBe(1)
    expect(output).toContain('TRUST_PROXY: must name the balancer')
    expect(output).not.toMatch(/\n\s+at /)
  },
)

test('doctor checks the same, and an exception allows what it names', async () => {
  const wrong = await run(['doctor'], { SHOP_URL: 'http://shop.example.com', REDIS_URL: 'redis://queue.holdfast.test' })
  expect(wrong.code).toBe(1)
  expect(wrong.output).toMatch(
    /WRONG safe for real buyers: .*\n\s+SHOP_URL is not HTTPS.*\n\s+REDIS_URL does not demand TLS/,
  )
  const allowed = await run(['doctor'], {
    REDIS_URL: 'redis://queue.holdfast.test',
    ALLOW_IN_PRODUCTION: 'plaintext-redis',
  })
  expect(allowed.output).toContain('ok    safe for real buyers')
})

describe('a shop in production', () => {
  let fleet: Fleet
  let url: string
  beforeAll(async () => {
    fleet = await startFleet()
    const { DATABASE_URL: _, PAYMENT_SECRET_KEY: __, ...rest } = safe
    const server = await fleet.start(['serve'], {
      ...rest,
      HOST: '127.0.0.1',
      SMTP_URL: 'smtp://127.0.0.1:9',
      PAYMENT_WEBHOOK_SECRET: 'whsec_0123456789',
      ALLOW_IN_PRODUCTION: 'test-payments',
    })
    url = server.url()
  })
  afterAll(() => fleet[Symbol.asyncDispose]())

  const register = () =>
    fetch(`${url}/trpc/user.register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ada@holdfast.test', password: 'a-long-enough-password-7', name: 'Ada' }),
    })

  test('sets its cookies for HTTPS and this host alone, and knows them again', async () => {
    const response = await register()
    expect(response.status).toBe(200)
    const cookie = response.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/^__Host-hf_session=[\w-]+; .*Path=\/; HttpOnly; Secure; SameSite=Lax/)
    expect(cookie).not.toMatch(/domain/i)
    const me = (name: string) =>
      fetch(`${url}/trpc/user.me`, {
        headers: { cookie: cookie.split(';')[0]?.replace('__Host-hf_session', name) ?? '' },
      })
    expect((await me('__Host-hf_session')).status).toBe(200)
    // A name without the prefix can be set by any subdomain.
    expect((await me('hf_session')).status).toBe(401)
  })

  test('is warned about when its address is public but its mode is not production', async () => {
    await using server = await fleet.start(['serve'], { SHOP_URL: 'https://shop.holdfast.com', HOST: '0.0.0.0' })
    const line =
      server
        .output()
        .split('\n')
        .find((each) => each.includes('not safe for real buyers')) ?? '{}'
    expect(JSON.parse(line)).toMatchObject({
      level: 40,
      settings: expect.arrayContaining(['TRUST_PROXY', 'EMAIL_FROM']),
    })
  })

  test('tells browsers to use HTTPS alone, on every page and response', async () => {
    for (const path of ['/', '/trpc/product.categories', '/trpc/product.categories', '/trpc/nope', '/livez'])
      expect((await fetch(url + path)).headers.get('strict-transport-security')).toMatch(/max-age=31536000/)
  })
})

describe('doctor', () => {
  test('checks the email server without sending an email, and finds one that does not respond', async () => {
    await using smtp = await startSmtp()
    const env = { NODE_ENV: undefined, DATABASE_URL: 'postgres://127.0.0.1:9/none' }
    expect((await run(['doctor'], { ...env, SMTP_URL: smtp.url })).output).toContain('ok    email server')
    expect(smtp.commands()).toEqual(['EHLO', 'QUIT'])
    const dead = await run(['doctor'], { ...env, SMTP_URL: 'smtp://127.0.0.1:9' })
    expect(dead.code).toBe(1)
    expect(dead.output).toMatch(/WRONG email server: .*SMTP_URL/)
  })
})

/** An SMTP server that notes the commands it gets. */
async function startSmtp() {
  const commands: string[] = []
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    onMailFrom: (_, __, reply) => (commands.push('MAIL'), reply()),
    logger: false,
  })
  smtp.on('error', () => undefined)
  const server = smtp.listen(0, '127.0.0.1')
  server.on('connection', (socket) =>
    socket.on('data', (chunk: Buffer) => commands.push(chunk.toString().slice(0, 4).toUpperCase())),
  )
  await once(server, 'listening')
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    commands: () => commands,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => smtp.close(resolve)),
  }
}

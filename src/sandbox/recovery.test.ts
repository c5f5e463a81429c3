import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { eventually } from '#test'
import { apiKey, stripeClient, testReceiver, testSandbox, type TestSandbox } from './sandbox.fixture.ts'
import { startSandbox } from './index.ts'
import { Ledger } from './ledger.ts'

const order = { amount: 1000, currency: 'usd', payment_method: 'pm_card_visa', confirm: true } as const
const journalOf = (sandbox: TestSandbox): string => join(sandbox.dataDir, 'journal.jsonl')

test('payments, charges, refunds and balance transactions are unchanged by a restart', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  const paid = await stripe.paymentIntents.create({ ...order, metadata: { order_id: 'o-1' } })
  await stripe.refunds.create({ payment_intent: paid.id, amount: 250 })
  await sandbox.control('POST', 'disputes', { payment_intent: paid.id })
  await stripe.paymentIntents.create({ ...order, payment_method: 'pm_card_authenticationRequired' })
  const read = async (): Promise<unknown> => [
    (await stripe.paymentIntents.list()).data,
    (await stripe.charges.list()).data,
    (await stripe.refunds.list()).data,
    (await stripe.balanceTransactions.list()).data,
    (await stripe.paymentIntents.search({ query: `metadata['order_id']:'o-1'` })).data,
    await sandbox.control('GET', 'summary'),
    await sandbox.control('GET', 'ledger'),
  ]
  const before = await read()
  await sandbox.restart()
  expect(await read()).toEqual(before)
})

test('a journal of release 0.1 is read: refunds succeeded, keys replay, webhooks are sent', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-sandbox-'))
  const old = await readFile(join(import.meta.dirname, 'journal-0.1.jsonl'), 'utf8')
  // Idempotency keys expire after a day.
  await writeFile(join(dataDir, 'journal.jsonl'), old.replace(/"atMs":\d+/g, `"atMs":${Date.now()}`))
  await using receiver = await testReceiver()
  await using sandbox = await testSandbox({ dataDir, webhook: { url: receiver.url, secret: 'whsec_test' } })
  const { stripe } = sandbox
  const paid = await stripe.paymentIntents.create(
    { ...order, metadata: { order_id: 'o-1' } },
    { idempotencyKey: 'pay' },
  )
  expect(paid.lastResponse.headers['idempotent-replayed']).toBe('true')
  const refund = { payment_intent: paid.id, amount: 250 }
  const replay = await stripe.refunds.create(refund, { idempotencyKey: 'refund' })
  expect(replay).toMatchObject({ status: 'succeeded', metadata: {} })
  expect((await stripe.refunds.list()).data).toEqual([{ ...replay }])
  expect((await stripe.charges.list()).data).toMatchObject([{ disputed: false, amount_refunded: 250 }])
  expect(await sandbox.control('GET', 'ledger')).toMatchObject({ data: [{ refunded: 250, fees: 59, balance: 691 }] })
  await eventually(() => expect(receiver.deliveries).toHaveLength(3))
})

test('a last line torn by a crash is truncated and loses no acknowledged call', async () => {
  await using sandbox = await testSandbox()
  const { id } = await sandbox.stripe.paymentIntents.create(order)
  await sandbox.stop()
  const intact = await readFile(journalOf(sandbox), 'utf8')
  await appendFile(journalOf(sandbox), '{"kind":"change","atMs":17000000')
  await sandbox.restart()
  expect((await sandbox.stripe.paymentIntents.retrieve(id)).status).toBe('succeeded')
  expect(await readFile(journalOf(sandbox), 'utf8')).toBe(intact)
  await sandbox.stripe.paymentIntents.create(order)
  await sandbox.restart()
  expect((await sandbox.stripe.paymentIntents.list()).data).toHaveLength(2)
})

test('a journal damaged in its middle stops the start and stays unchanged', async () => {
  await using sandbox = await testSandbox()
  await sandbox.stripe.paymentIntents.create(order)
  await sandbox.stop()
  const [header = '', ...rest] = (await readFile(journalOf(sandbox), 'utf8')).split('\n')
  const damaged = [header, '{"kind":"cha', ...rest].join('\n')
  await writeFile(journalOf(sandbox), damaged)
  await expect(sandbox.restart()).rejects.toThrow(/damaged at byte/)
  expect(await readFile(journalOf(sandbox), 'utf8')).toBe(damaged)
})

test('after kill -9 acknowledged payments are kept, keys replay and the folder is free', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-sandbox-'))
  await using provider = await startProcess(dataDir)
  await expect(startSandbox({ port: 0, dataDir, apiKey })).rejects.toThrow(/Another sandbox/)
  const stripe = stripeClient(provider.port)
  const acknowledged = new Map<string, string>()
  const keys = Array.from({ length: 40 }, (_, n) => `key-${n}`)
  const pay = keys.map(async (idempotencyKey) => {
    acknowledged.set(idempotencyKey, (await stripe.paymentIntents.create(order, { idempotencyKey })).id)
    if (acknowledged.size === 15) await provider.kill()
  })
  await Promise.allSettled(pay)
  expect(acknowledged.size).toBeGreaterThanOrEqual(15)

  await using sandbox = await testSandbox({ dataDir })
  for (const idempotencyKey of keys) {
    const { id } = await sandbox.stripe.paymentIntents.create(order, { idempotencyKey })
    expect(id).toBe(acknowledged.get(idempotencyKey) ?? id)
  }
  expect(await sandbox.control('GET', 'summary')).toMatchObject({ currencies: { usd: { intents: 40, captures: 40 } } })
})

test('on a full disk every call fails, and acknowledged payments survive a restart', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-sandbox-'))
  // Files of this process may not grow beyond 32 blocks.
  await using provider = await startProcess(dataDir, 'ulimit -f 32')
  const stripe = stripeClient(provider.port)
  const acknowledged: string[] = []
  const payUntilFull = async (): Promise<void> => {
    for (;;) acknowledged.push((await stripe.paymentIntents.create(order)).id)
  }
  await expect(payUntilFull()).rejects.toMatchObject({ statusCode: 500 })
  await expect(stripe.paymentIntents.list()).rejects.toMatchObject({ statusCode: 500 })
  expect(acknowledged.length).toBeGreaterThan(0)
  await provider.kill()

  await using sandbox = await testSandbox({ dataDir })
  const { data } = await sandbox.stripe.paymentIntents.list({ limit: 100 })
  expect(data.map(({ id }) => id)).toEqual(acknowledged.toReversed())
})

test('two sandboxes never use the same folder', async () => {
  await using sandbox = await testSandbox()
  const another = startSandbox({ port: 0, dataDir: sandbox.dataDir, apiKey })
  await expect(another).rejects.toThrow(/Another sandbox payment provider \(process \d+\)/)
})

test('a port in use is named in the error, and the folder is released', async () => {
  await using sandbox = await testSandbox()
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-sandbox-'))
  const port = Number(new URL(sandbox.url).port)
  await expect(startSandbox({ port, dataDir, apiKey })).rejects.toThrow(/cannot listen on 127.0.0.1:\d+ \(EADDRINUSE\)/)
  await (await Ledger.open(dataDir, () => {})).close()
  await rm(dataDir, { recursive: true })
})

test('a journal far larger than its state is compacted at the start without changes', async () => {
  await using sandbox = await testSandbox()
  const { stripe } = sandbox
  const paid = await stripe.paymentIntents.create({ ...order, metadata: { order_id: 'o-1' } })
  await stripe.refunds.create({ payment_intent: paid.id, amount: 250 })
  const back = await stripe.refunds.create({ payment_intent: paid.id, amount: 50 })
  await sandbox.control('POST', `refunds/${back.id}/settle`, { status: 'failed' })
  const dispute = await sandbox.control<{ id: string }>('POST', 'disputes', { payment_intent: paid.id })
  await sandbox.control('POST', `disputes/${dispute.id}/close`, { status: 'won' })
  const read = async (): Promise<unknown> => [
    (await stripe.paymentIntents.list()).data,
    (await stripe.balanceTransactions.list()).data,
    (await stripe.disputes.retrieve(dispute.id)).status,
    await sandbox.control('GET', 'ledger'),
  ]
  const before = await read()
  await sandbox.stop()
  // Simulates the next day: the idempotency keys have expired, and many events were delivered.
  const text = (await readFile(journalOf(sandbox), 'utf8')).replace(/"atMs":\d+/g, '"atMs":1')
  await writeFile(journalOf(sandbox), `${text}${'{"kind":"done","id":"evt_gone"}\n'.repeat(200)}`)
  const { size } = await stat(journalOf(sandbox))
  await sandbox.restart()
  expect((await stat(journalOf(sandbox))).size).toBeLessThan(size / 3)
  expect(await read()).toEqual(before)
  await sandbox.restart()
  expect(await read()).toEqual(before)
  const amounts = [
    { amount: 750 },
    { amount: -750 },
    { amount: 50 },
    { amount: -50 },
    { amount: -250 },
    { amount: 1000 },
  ]
  expect(before).toMatchObject([[{ id: paid.id }], amounts, 'won', { data: [{ refunded: 250, disputed: 0 }] }])
})

/** Starts a sandbox in a separate process that can be killed; `limits` are shell commands run before it, such as ulimit. */
async function startProcess(dataDir: string, limits = ':') {
  const script = `const { startSandbox } = await import(process.argv[1])
    const { port } = await startSandbox({ port: 0, dataDir: process.argv[2], apiKey: process.argv[3] })
    console.log(port)`
  const node = [process.execPath, '--input-type=module', '-e', script]
  const path = join(import.meta.dirname, 'index.ts')
  const child = spawn('sh', ['-c', `${limits}; exec "$@"`, 'sh', ...node, path, dataDir, apiKey], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  const ended = exited.then(() => Promise.reject(new Error('The sandbox process ended before it listened.')))
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer]
  return { port: Number(String(line)), kill, [Symbol.asyncDispose]: kill }
}

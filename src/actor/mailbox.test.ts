import { sql } from 'drizzle-orm'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createTestDatabase, waitFor } from '#test'
import { add, callOf, openBank, type Bank, type Process } from './bank.fixture.ts'

const explode = { type: 'explode' }

/** Handles the actors' messages repeatedly until they have spent all their attempts. */
async function handleUntilDeadLettered(bank: Bank, { actors }: Process, ids: string[]): Promise<void> {
  for (let attempt = 0; attempt < 8 && (await bank.deadLetters()).length === 0; attempt += 1) {
    await bank.hurry()
    await actors.handle('account', ids)
  }
}

const waitForNote = (bank: Bank, id: string, note: string) =>
  waitFor(async () => (await bank.account(id))?.notes.includes(note), { what: `the note ${note} of ${id}` })

afterEach(() => void vi.useRealTimers())

describe('a message', () => {
  test('is sent only by a turn that commits', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { ask } = bank.start()
    const outbox = [{ kind: 'account', id: 'b', message: { ...add(1, 'gift') } }]
    await expect(ask('a', { ...add(-1, 'rejected'), outbox } as never)).rejects.toMatchObject({ code: 'order_state' })
    await expect(ask('a', { ...add(2_000_000, 'fails in SQL'), outbox } as never)).rejects.toThrow('Failed query')
    expect(await bank.mailbox()).toEqual([])
  })

  test('to one actor is handled once and in the order sent by two concurrent processes', async () => {
    await using bank = await openBank(await createTestDatabase())
    const [first, second] = [bank.start({ isWoken: true }), bank.start({ isWoken: true })]
    const messages = Array.from({ length: 300 }, (_, index) => ({ id: 'a', message: add(1, `${index}`) }))
    await bank.send(...messages)
    await Promise.all([first, second, first, second].map(({ actors }) => actors.handle('account', ['a'])))
    expect((await bank.account('a'))?.notes).toEqual(messages.map((_, index) => `${index}`))
    expect(await bank.mailbox()).toEqual([])
  })

  test('of an actor with a large backlog neither starves others nor spins when held back', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { actors } = bank.start()
    await bank.send({ id: 'hog', message: explode })
    await bank.query(sql`insert into actor.mailbox (kind, actor_id, version, payload)
      select 'account', 'hog', 1, jsonb_build_object('type', 'add', 'amount', 1, 'note', n::text) from generate_series(1, 1500) n`)
    await bank.send({ id: 'other', message: add(1, 'small') })
    await actors.handle('account', ['hog', 'other'])
    expect((await bank.account('other'))?.notes).toEqual(['small'])
    expect(await bank.mailbox()).toHaveLength(1501)
    await bank.query(sql`delete from actor.mailbox where tries > 0`)
    await actors.handle('account', ['hog'])
    expect(await bank.account('hog')).toMatchObject({ balance: 1500 })
  })

  test('that is being retried holds back its actor until it is dead-lettered, and no neighbour', async () => {
    await using bank = await openBank(await createTestDatabase())
    const process = bank.start()
    await bank.send(
      { id: 'a', message: add(1, 'before') },
      { id: 'a', message: explode },
      { id: 'a', message: add(1, 'after') },
      { id: 'b', message: add(1, 'neighbour') },
    )
    await process.actors.handle('account', ['a', 'b'])
    expect((await bank.account('a'))?.notes).toEqual(['before'])
    expect((await bank.account('b'))?.notes).toEqual(['neighbour'])
    await process.actors.handle('account', ['a'])
    expect(await bank.mailbox()).toMatchObject([
      { attempts: 1, tries: 1 },
      { attempts: 0, tries: 0 },
    ])
    expect(await process.ask('a', add(1, 'asked'))).toMatchObject({ balance: 2 })

    await handleUntilDeadLettered(bank, process, ['a'])
    expect(await bank.deadLetters()).toMatchObject([{ actor: 'a', reason: 'Error: exploded' }])
    expect((await bank.account('a'))?.notes).toEqual(['before', 'asked', 'after'])
    expect(await bank.mailbox()).toEqual([])
  })

  test('that is being retried holds back until it succeeds, then the actor goes on in order', async () => {
    await using bank = await openBank(await createTestDatabase())
    const process = bank.start()
    await bank.send({ id: 'a', message: add(-5, 'first') }, { id: 'a', message: add(1, 'second') })
    await process.actors.handle('account', ['a'])
    await process.ask('a', add(5, 'fed'))
    await bank.hurry()
    await process.actors.handle('account', ['a'])
    expect((await bank.account('a'))?.notes).toEqual(['fed', 'first', 'second'])
  })

  test('that cannot be parsed is dead-lettered after its attempts', async () => {
    await using bank = await openBank(await createTestDatabase())
    const process = bank.start()
    await bank.send({ id: 'a', message: { type: 'add', amount: 'much' } }, { id: 'b', message: add(1, 'neighbour') })
    await handleUntilDeadLettered(bank, process, ['a', 'b'])
    expect(await bank.deadLetters()).toMatchObject([{ actor: 'a' }])
    expect((await bank.account('b'))?.notes).toEqual(['neighbour'])
  })

  test('to an actor whose rows cannot be locked is dead-lettered, and no neighbour is affected', async () => {
    await using bank = await openBank(await createTestDatabase())
    const process = bank.start()
    await bank.send({ id: 'cursed', message: add(1, 'never') }, { id: 'b', message: add(1, 'neighbour') })
    await handleUntilDeadLettered(bank, process, ['cursed', 'b'])
    expect(await bank.deadLetters()).toMatchObject([
      { actor: 'cursed', reason: expect.stringContaining('check') as string },
    ])
    expect((await bank.account('b'))?.notes).toEqual(['neighbour'])
    expect(await bank.mailbox()).toEqual([])
  })

  test('whose save fails in SQL fails alone: the rest of its batch takes effect exactly once', async () => {
    await using bank = await openBank(await createTestDatabase())
    const process = bank.start()
    const ids = Array.from({ length: 20 }, (_, index) => `account ${index}`)
    await bank.send(...ids.map((id) => ({ id, message: add(1, 'one') })))
    await bank.send({ id: 'account 7', message: add(2_000_000, 'too much') })
    await bank.send(...ids.map((id) => ({ id, message: add(1, 'two') })))
    await process.actors.handle('account', ids)
    for (const id of ids)
      expect(await bank.account(id)).toEqual(
        id === 'account 7' ? { balance: 1, notes: ['one'] } : { balance: 2, notes: ['one', 'two'] },
      )
    expect(await bank.mailbox()).toMatchObject([
      { actor: 'account 7', attempts: 1 },
      { actor: 'account 7', attempts: 0 },
    ])

    await handleUntilDeadLettered(bank, process, ids)
    expect(await bank.deadLetters()).toMatchObject([{ actor: 'account 7', attempts: 7 }])
    expect(await bank.account('account 7')).toEqual({ balance: 2, notes: ['one', 'two'] })
  })

  test('that is a timer fires on the clock of Postgres and holds nothing back before', async () => {
    await using bank = await openBank(await createTestDatabase())
    const process = bank.start()
    const reminder = { kind: 'account', id: 'a', message: { type: 'remind', note: 'later' }, afterMs: 60_000 }
    await process.ask('a', { ...add(1, 'set'), outbox: [reminder] } as never)
    await bank.send({ id: 'a', message: add(1, 'meanwhile') })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    await process.actors.handle('account', ['a'])
    expect((await bank.account('a'))?.notes).toEqual(['set', 'meanwhile'])
    vi.setSystemTime(Date.now() - 7_200_000)
    await bank.query(sql`update actor.mailbox set due_at = now()`)
    await process.actors.handle('account', ['a'])
    expect((await bank.account('a'))?.notes).toEqual(['set', 'meanwhile', 'later'])
  })

  test('that is cancelled is not delivered, though it was sent or is due in the same turn', async () => {
    await using bank = await openBank(await createTestDatabase())
    const process = bank.start()
    const reminder = { kind: 'account', id: 'a', message: { type: 'remind', note: 'later' }, afterMs: 60_000 }
    const set = { ...add(1, 'set'), outbox: [reminder] } as never
    await process.ask('a', set)
    await process.ask('a', { type: 'forget', note: 'forgot' })
    expect(await bank.mailbox()).toEqual([])
    await Promise.all([
      process.ask('b', add(1, 'busy')),
      process.ask('a', set),
      process.ask('a', { type: 'forget', note: 'forgot' }),
    ])
    expect(await bank.mailbox()).toEqual([])
    await bank.send(
      { id: 'c', message: { type: 'forget', note: 'forgot' } },
      { id: 'c', message: { type: 'remind', note: 'late' } },
    )
    await process.actors.handle('account', ['c'])
    expect((await bank.account('c'))?.notes).toEqual(['forgot'])
    expect(await bank.mailbox()).toEqual([])
  })

  test('of an unknown version or kind waits without spending an attempt for a program that knows it', async () => {
    await using bank = await openBank(await createTestDatabase())
    const old = bank.start()
    await bank.send(
      { id: 'a', message: add(1, 'new'), version: 2 },
      { id: 'a', message: add(1, 'behind') },
      { id: 'x', kind: 'other', message: {} },
    )
    await old.actors.handle('account', ['a'])
    const sweep = old.actors.startSweep()
    await bank.send({ id: 'b', message: { type: 'remind', note: 'swept' } })
    await waitForNote(bank, 'b', 'swept')
    await sweep.stop()
    expect(await bank.mailbox()).toMatchObject([
      { attempts: 0, tries: 0 },
      { actor: 'a', attempts: 0 },
      { kind: 'other', attempts: 0 },
    ])

    const next = bank.start({ reads: [1, 2] })
    await next.actors.handle('account', ['a'])
    expect((await bank.account('a'))?.notes).toEqual(['new', 'behind'])
  })

  test('whose wake-up was lost is delivered by the sweep, retries and timers included', async () => {
    await using bank = await openBank(await createTestDatabase())
    const { actors, ask } = bank.start()
    const timer = { kind: 'account', id: 'a', message: { type: 'remind', note: 'timer' }, afterMs: 300 }
    await ask('a', {
      ...add(1, 'set'),
      outbox: [timer, { kind: 'account', id: 'b', message: { ...add(1, 'lost') } }],
    } as never)
    await bank.send({ id: 'c', message: add(-1, 'retried') })
    await actors.handle('account', ['c'])
    await ask('c', add(1, 'fed'))
    const sweep = actors.startSweep()
    await Promise.all([
      waitForNote(bank, 'a', 'timer'),
      waitForNote(bank, 'b', 'lost'),
      waitForNote(bank, 'c', 'retried'),
    ])
    const lastAt = sweep.lastAt()
    await waitFor(() => sweep.lastAt() > lastAt, { what: 'another sweep' })
    await sweep.stop()
  })

  test('that recurs is scheduled once, however many processes schedule it', async () => {
    await using bank = await openBank(await createTestDatabase())
    const [first, second] = [bank.start(), bank.start()]
    const tick = callOf('shop', 'tick')
    await Promise.all([first, second, first, second].map(({ actors }) => actors.schedule(tick)))
    expect(await bank.mailbox()).toHaveLength(1)
  })
})

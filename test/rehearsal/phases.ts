import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { restoreBackup, takeBackup } from '../failure/shop/postgres.ts'
import { dumpDatabase } from '../failure/check/index.ts'
import type { Template } from '../failure/shop/template.ts'
import { waitFor } from '../support/wait-for.ts'
import type { ColourEnvironment } from './colour.ts'
import type { Colour } from './haproxy.ts'
import type { Stage } from './stage.ts'
import type { Traffic } from './traffic/traffic.ts'

/** The steps of a rehearsal, in order: a deployment with a roll-back, then scaling, failures, a restore. */

export interface PhaseContext {
  stage: Stage
  traffic: Traffic
  template: Template
  folder: string
  /** Time for which slow resolvers stay with the old colour, and for which a state is observed, ms. */
  holdMs: number
  log(line: string): void
  /** Adds what a phase found wrong. */
  problem(text: string): void
}

export interface Phase {
  name: string
  /** No request may fail; otherwise failed requests are counted, and every client must succeed by a retry. */
  isSeamless: boolean
  run(context: PhaseContext): Promise<void>
}

/** Instances of a colour in the beginning. */
const webCount = 2

export async function launchColour(environment: ColourEnvironment): Promise<void> {
  // Workers first: they read every version of a message that the new web instances write.
  await environment.launch('worker')
  // One after the other, since they share this machine with those that serve.
  for (let n = 0; n < webCount; n += 1) await environment.launch('web')
}

/** The address leads to another colour; slow resolvers follow later. */
async function swap({ stage, traffic, holdMs, log }: PhaseContext, to: Colour): Promise<void> {
  await stage.balancer.swap(to)
  log(`${to} is live; a part of the clients stays with the other colour`)
  await delay(holdMs)
  traffic.resolve(to)
  log(`all clients know ${to}`)
  await delay(holdMs / 2)
}

async function terminate({ log, problem }: PhaseContext, environment: ColourEnvironment, count: number): Promise<void> {
  for (const instance of environment.webs.slice(-count)) {
    const code = await environment.terminate(instance)
    if (code !== 0) problem(`a web instance of ${environment.colour} ended with ${code}`)
  }
  log(`${count} web instances of ${environment.colour} are drained and stopped`)
}

const steady: Phase = {
  name: 'steady',
  isSeamless: true,
  run: ({ holdMs }) => delay(holdMs),
}

const deployGreen: Phase = {
  name: 'deploy green',
  isSeamless: true,
  async run({ stage, log }) {
    const postgres = stage.postgres()
    await postgres.query('alter table "order".orders add column gift_note text')
    await postgres.query('alter table actor.mailbox add column trace text')
    await postgres.query('create table "order".next_release (id uuid primary key, note text)')
    log('the schema is expanded')
    await launchColour(stage.colours.green)
    log('green is healthy beside blue')
  },
}

const swapToGreen: Phase = { name: 'swap', isSeamless: true, run: (context) => swap(context, 'green') }
const rollBack: Phase = { name: 'roll back', isSeamless: true, run: (context) => swap(context, 'blue') }
const swapAgain: Phase = { name: 'swap again', isSeamless: true, run: (context) => swap(context, 'green') }

const drainBlue: Phase = {
  name: 'drain blue',
  isSeamless: true,
  async run(context) {
    const { blue } = context.stage.colours
    await terminate(context, blue, blue.webs.length)
    for (const worker of blue.workers.slice()) {
      const code = await blue.terminate(worker)
      if (code !== 0) context.problem(`a worker of blue ended with ${code}`)
    }
  },
}

const scaleOut: Phase = {
  name: 'scale out',
  isSeamless: true,
  async run({ stage, holdMs, log }) {
    await stage.colours.green.launch('web')
    await stage.colours.green.launch('worker')
    log('green has one more web instance and worker')
    await delay(holdMs / 2)
  },
}

const scaleIn: Phase = {
  name: 'scale in',
  isSeamless: true,
  async run(context) {
    const { green } = context.stage.colours
    await terminate(context, green, 1)
    const worker = green.workers.at(-1)
    if (worker !== undefined && (await green.terminate(worker)) !== 0) context.problem('a worker of green did not stop')
    await delay(context.holdMs / 2)
  },
}

const killInstances: Phase = {
  name: 'kill a web and a worker',
  isSeamless: false,
  async run({ stage, holdMs, log }) {
    const { green } = stage.colours
    const victims = [green.webs[0], green.workers[0]].filter((instance) => instance !== undefined)
    await Promise.all(victims.map((instance) => instance.stopService('SIGKILL')))
    log('a web instance and a worker are killed')
    await delay(2_000)
    await Promise.all(victims.map((instance) => instance.startService()))
    for (const { url } of victims)
      await waitFor(() => fetch(`${url}/readyz`).then(({ ok }) => ok), { timeoutMs: 40_000, what: 'the restart' })
    log('both run again')
    await delay(holdMs)
  },
}

const failOverPostgres: Phase = {
  name: 'Postgres fails over',
  isSeamless: false,
  async run({ stage, holdMs, log }) {
    await stage.failOverPostgres()
    log('the standby is the primary')
    await delay(holdMs)
  },
}

const failOverRedis: Phase = {
  name: 'Redis fails over',
  isSeamless: false,
  async run({ stage, holdMs, log }) {
    await stage.failOverRedis()
    log('the replica is the primary')
    await delay(holdMs)
  },
}

/** A backup of the running primary starts as a server of its own, and holds what was acknowledged before. */
const restore: Phase = {
  name: 'restore a backup',
  isSeamless: true,
  async run({ stage, traffic, template, folder, log, problem }) {
    const acknowledged = new Set(
      (await traffic.history()).flatMap(({ action, outcome, orderId }) =>
        action === 'place' && outcome === 'ok' && orderId !== undefined ? [orderId] : [],
      ),
    )
    const dir = join(folder, 'backup')
    await takeBackup(stage.postgres(), dir)
    await using restored = await restoreBackup({ dir, template })
    const { orders, ledger } = await dumpDatabase(restored)
    const stored = new Set(orders.map(({ id }) => id))
    const lost = [...acknowledged].filter((id) => !stored.has(id))
    if (lost.length > 0) problem(`the backup lacks ${lost.length} acknowledged orders, such as ${lost[0]}`)
    const balance = ledger.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
    if (balance !== 0) problem(`the ledger of the backup does not balance: ${balance}`)
    log(`the backup has ${acknowledged.size - lost.length} of ${acknowledged.size} acknowledged orders`)
  },
}

export const phases: readonly Phase[] = [
  steady,
  deployGreen,
  swapToGreen,
  rollBack,
  swapAgain,
  drainBlue,
  scaleOut,
  scaleIn,
  restore,
  killInstances,
  failOverPostgres,
  failOverRedis,
]

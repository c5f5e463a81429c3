import { setTimeout as delay } from 'node:timers/promises'
import { defineRow, type Row, type Stage } from './row.ts'

/** Faults of every kind, at random, for as long as one likes: what no row has thought of. */

const providerFaults = [
  { mode: 'fail', status: 500, probability: 0.5 },
  { mode: 'lose_reply', probability: 0.5 },
  { mode: 'slow', delayMs: 2_000, probability: 0.5 },
  { mode: 'late', delayMs: 6_000, probability: 0.3 },
  { mode: 'down' },
]

type Disturbance = (stage: Stage) => Promise<void>

/** Each breaks something and heals it. */
const disturbances: Record<string, Disturbance> = {
  async 'a process is killed'({ shop, chance }) {
    const victim = chance.pick([...shop.servers, ...shop.workers])
    await victim.kill()
    await delay(chance.between(0, 3_000))
    await victim.start()
  },
  async 'a process is frozen'({ shop, chance }) {
    const victim = chance.pick([...shop.servers, ...shop.workers])
    victim.freeze()
    await delay(chance.between(500, 20_000))
    victim.thaw()
  },
  async 'all processes are killed'({ shop }) {
    const all = [...shop.servers, ...shop.workers]
    await Promise.all(all.map((replica) => replica.kill()))
    await Promise.all(all.map((replica) => replica.start()))
  },
  'Redis is wiped': async ({ shop }) => void (await shop.redis.command('flushall')),
  async 'Redis is away'({ shop, chance }) {
    await shop.redis.kill()
    await delay(chance.between(500, 8_000))
    await shop.redis.start()
  },
  async 'Redis resets its connections'({ shop }) {
    shop.redisProxy.reset()
    await delay(0)
  },
  async 'Postgres crashes'({ shop, chance }) {
    await shop.postgres.crash()
    await delay(chance.between(0, 4_000))
    await shop.postgres.start()
  },
  async 'Postgres cannot be heard'({ shop, chance }) {
    const fault = chance.pick(['blackHole', 'dropReplies'] as const)
    shop.postgresProxy[fault]()
    await delay(chance.between(500, 5_000))
    shop.postgresProxy.heal()
  },
  async "COMMIT's replies are lost"({ shop, chance }) {
    shop.postgresProxy.cutReplyTo(/commit/i, () => chance.happens(0.2))
    await delay(chance.between(1_000, 6_000))
    shop.postgresProxy.heal()
  },
  async 'the provider misbehaves'({ shop, chance }) {
    await shop.provider.fault(chance.pick(providerFaults))
    await delay(chance.between(1_000, 8_000))
    await shop.provider.heal()
  },
  async 'the provider is killed'({ shop }) {
    await shop.provider.replica.kill()
    await shop.provider.replica.start()
  },
}

const perSecond = 15

export const soak = (minutes: number): Row =>
  defineRow({
    row: 0,
    fault: 'soak',
    how: `random faults for ${minutes} minutes`,
    holds: 'every promise',
    orders: Math.max(1, Math.round(minutes * 60 * perSecond)),
    perSecond,
    recoversInSeconds: 90,
    shop: { proxies: ['postgres', 'redis'], hasWebhooks: true },
    async disturb(stage) {
      const { load, chance, say } = stage
      await load.until(0.02)
      while (load.share() < 0.98) {
        const [name, disturb] = chance.pick(Object.entries(disturbances))
        say(name)
        await disturb(stage)
        await delay(chance.between(0, 4_000))
      }
    },
  })

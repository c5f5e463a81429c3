import { setTimeout as delay } from 'node:timers/promises'
import { defineRow, type Row } from './row.ts'

/** Soak test: random faults of every kind, for combinations that no row covers. */

const providerFaults = [
  { mode: 'fail', status: 500, probability: 0.5 },
  { mode: 'lose_reply', probability: 0.5 },
  { mode: 'slow', delayMs: 2_000, probability: 0.5 },
  { mode: 'late', delayMs: 6_000, probability: 0.3 },
  { mode: 'down' },
]

/** Nemeses by their log line. Each injects one fault and heals it. */
const nemeses: Record<string, Row['nemesis']> = {
  async 'a process is killed'({ shop, random }) {
    const victim = random.pick([...shop.servers, ...shop.workers])
    await victim.kill()
    await delay(random.between(0, 3_000))
    await victim.start()
  },
  async 'a process is frozen'({ shop, random }) {
    const victim = random.pick([...shop.servers, ...shop.workers])
    victim.freeze()
    await delay(random.between(500, 20_000))
    victim.thaw()
  },
  async 'all processes are killed'({ shop }) {
    const all = [...shop.servers, ...shop.workers]
    await Promise.all(all.map((replica) => replica.kill()))
    await Promise.all(all.map((replica) => replica.start()))
  },
  'Redis is wiped': async ({ shop }) => void (await shop.redis.command('flushall')),
  async 'Redis is down'({ shop, random }) {
    await shop.redis.kill()
    await delay(random.between(500, 8_000))
    await shop.redis.start()
  },
  async 'Redis resets its connections'({ shop }) {
    shop.redisProxy.reset()
    await delay(0)
  },
  async 'Postgres crashes'({ shop, random }) {
    await shop.postgres.crash()
    await delay(random.between(0, 4_000))
    await shop.postgres.start()
  },
  async 'Postgres is unreachable'({ shop, random }) {
    const fault = random.pick(['blackHole', 'dropReplies'] as const)
    shop.postgresProxy[fault]()
    await delay(random.between(500, 5_000))
    shop.postgresProxy.restore()
  },
  async "COMMIT's replies are lost"({ shop, random }) {
    shop.postgresProxy.cutReplyTo(/commit/i, () => random.happens(0.2))
    await delay(random.between(1_000, 6_000))
    shop.postgresProxy.restore()
  },
  async 'the provider misbehaves'({ shop, random }) {
    await shop.provider.fault(random.pick(providerFaults))
    await delay(random.between(1_000, 8_000))
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
    injection: `random faults for ${minutes} minutes`,
    guarantee: 'every promise',
    operations: Math.max(1, Math.round(minutes * 60 * perSecond)),
    perSecond,
    recoversInSeconds: 90,
    shop: { proxies: ['postgres', 'redis'], hasWebhooks: true },
    async nemesis(context) {
      const { load, random, log } = context
      await load.until(0.02)
      while (load.share() < 0.98) {
        const [name, nemesis] = random.pick(Object.entries(nemeses))
        log(name)
        await nemesis(context)
        await delay(random.between(0, 4_000))
      }
    },
  })

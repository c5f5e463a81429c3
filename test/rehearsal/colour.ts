import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startInstance, type Instance } from '../../deploy/eb/instance.fixture.ts'
import type { Balancer, Colour } from './haproxy.ts'

/** A colour: instances of one bundle, each as Beanstalk runs it, behind the colour's balancer. */
export interface ColourEnvironment extends AsyncDisposable {
  readonly colour: Colour
  readonly webs: readonly Instance[]
  readonly workers: readonly Instance[]
  /** Starts one more instance, and registers a web instance when it is ready. */
  launch(tier: 'web' | 'worker'): Promise<Instance>
  /** Takes an instance out of rotation, lets it finish, and stops it. @returns the exit code of its service */
  terminate(instance: Instance): Promise<number | NodeJS.Signals | null>
  output(): string
}

export interface ColourOptions {
  colour: Colour
  /** The unpacked bundle. */
  bundle: string
  /** Folder for the files of the instances. */
  state: string
  /** Environment of an instance of this tier. */
  environmentOf(tier: 'web' | 'worker'): Record<string, string>
  balancer: Balancer
}

export async function createColour(options: ColourOptions): Promise<ColourEnvironment> {
  const { colour, bundle, state, environmentOf, balancer } = options
  const webs: Instance[] = []
  const workers: Instance[] = []
  const ended: string[] = []
  let launched = 0
  const portOf = ({ url }: Instance): number => Number(new URL(url).port)
  await mkdir(state, { recursive: true })

  async function stop(instance: Instance): Promise<number | NodeJS.Signals | null> {
    const code = await instance.stopService('SIGTERM')
    ended.push(instance.output())
    await instance[Symbol.asyncDispose]()
    return code
  }

  return {
    colour,
    webs,
    workers,
    async launch(tier) {
      launched += 1
      const instance = await startInstance({
        folder: bundle,
        state: join(state, `${tier}-${launched}`),
        env: environmentOf(tier),
      })
      ;(tier === 'web' ? webs : workers).push(instance)
      await instance.startService()
      const ready = await instance.runHook('.platform/hooks/postdeploy/10_wait_until_ready.sh')
      if (ready.code !== 0)
        throw new Error(`an instance of ${colour} is not ready:\n${instance.output().slice(-3_000)}`)
      if (tier === 'web') await balancer.register(colour, portOf(instance))
      return instance
    },
    async terminate(instance) {
      const list = webs.includes(instance) ? webs : workers
      if (list === webs) await balancer.deregister(colour, portOf(instance))
      list.splice(list.indexOf(instance), 1)
      return stop(instance)
    },
    output: () => [...ended, ...[...webs, ...workers].map((instance) => instance.output())].join('\n'),
    async [Symbol.asyncDispose]() {
      for (const instance of [...webs.splice(0), ...workers.splice(0)]) await instance[Symbol.asyncDispose]()
    },
  }
}

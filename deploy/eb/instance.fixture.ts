import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { openPromise } from 'yauzl'
import { freePort } from '../../src/lib/free-port.ts'
import { killOnExit } from '../../test/support/living.ts'
import { findProgram } from '../../test/support/programs.ts'
import { waitFor } from '../../test/support/wait-for.ts'

/** Unpacks a zip with the modes of its entries, as Beanstalk does. */
export async function unzip(file: string, folder: string): Promise<void> {
  const zip = await openPromise(file)
  for await (const entry of zip.eachEntry()) {
    const target = join(folder, entry.fileName)
    await mkdir(dirname(target), { recursive: true })
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target))
    await chmod(target, (entry.externalFileAttributes >>> 16) & 0o777)
  }
}

/** An instance as Beanstalk runs it: nginx with the bundle's configuration before the service of the Procfile. */
export interface Instance extends AsyncDisposable {
  url: string
  output(): string
  /** Runs a hook of the bundle. */
  runHook(path: string): Promise<{ code: number | null; output: string }>
  startService(): Promise<void>
  /** @returns its exit code, or the signal */
  stopService(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | NodeJS.Signals | null>
}

export interface InstanceOptions {
  /** The unpacked bundle. */
  folder: string
  /** Folder of nginx's files. */
  state: string
  env: Record<string, string>
}

export async function startInstance({ folder, state, env }: InstanceOptions): Promise<Instance> {
  const [proxyPort, shopPort] = [await freePort(), await freePort()]
  const environment = {
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin',
    ...env,
    // 8080 in Beanstalk, where nothing else runs.
    ...(env['HOLDFAST_TIER'] === 'worker' ? { METRICS_PORT: String(shopPort) } : { PORT: String(shopPort) }),
    HOLDFAST_READY_ATTEMPTS: '15',
    HOLDFAST_READY_URL: `http://127.0.0.1:${proxyPort}/readyz`,
  }
  const nginx = await startNginx(folder, state, { proxyPort, shopPort })
  const procfile = await readFile(join(folder, 'Procfile'), 'utf8')
  const command = /^web: (.+)$/m.exec(procfile)?.[1] ?? ''
  let service: ChildProcess | undefined
  let output = ''

  async function stopService(signal: 'SIGTERM' | 'SIGKILL') {
    if (service === undefined) return null
    if (service.exitCode !== null || service.signalCode !== null) return service.exitCode ?? service.signalCode
    const stopped = service
    service = undefined
    const closed = once(stopped, 'close')
    // systemd's KillMode=mixed: SIGTERM goes to the main process, SIGKILL to all of the service.
    if (signal === 'SIGTERM') stopped.kill(signal)
    else if (stopped.pid !== undefined) process.kill(-stopped.pid, signal)
    await closed
    return stopped.exitCode ?? stopped.signalCode
  }

  return {
    url: `http://127.0.0.1:${proxyPort}`,
    output: () => output,
    async runHook(path) {
      const hook = spawn(join(folder, path), { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
      let text = ''
      for (const stream of [hook.stdout, hook.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
      await once(hook, 'close')
      return { code: hook.exitCode, output: text }
    },
    async startService() {
      service = spawn('/bin/sh', ['-c', command], { cwd: folder, env: environment, detached: true })
      killOnExit(service)
      for (const stream of [service.stdout, service.stderr])
        stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    },
    stopService,
    async [Symbol.asyncDispose]() {
      await stopService('SIGKILL')
      await nginx[Symbol.asyncDispose]()
    },
  }
}

/** Debian's nginx with the file of the bundle; only what belongs to the machine is replaced, and each must be there. */
async function startNginx(folder: string, state: string, ports: { proxyPort: number; shopPort: number }) {
  await mkdir(join(state, 'conf.d/elasticbeanstalk'), { recursive: true })
  // As the platform writes them.
  await writeFile(
    join(state, 'conf.d/healthd_logformat.conf'),
    `log_format healthd '$msec"$uri"$status"$request_time"$upstream_response_time"$http_x_forwarded_for';\n`,
  )
  await writeFile(join(state, 'conf.d/elasticbeanstalk/healthd.conf'), `access_log ${state}/healthd.log healthd;\n`)
  await writeFile(join(state, 'conf.d/elasticbeanstalk/00_application.conf'), 'location / { return 500; }\n')
  let text = await readFile(join(folder, '.platform/nginx/nginx.conf'), 'utf8')
  const replacements: [string, string][] = [
    ['user nginx;', process.getuid?.() === 0 ? 'user root;' : ''],
    ['pid /var/run/nginx.pid;', `pid ${state}/nginx.pid;`],
    ['/var/log/nginx/error.log', `${state}/error.log`],
    ['/var/log/nginx/access.log', `${state}/access.log`],
    ['listen 80 default_server', `listen 127.0.0.1:${ports.proxyPort} default_server`],
    ['server 127.0.0.1:8080', `server 127.0.0.1:${ports.shopPort}`],
    // The machine of the tests may allow fewer descriptors.
    ['worker_rlimit_nofile 65535;', ''],
    ['worker_connections 16384;', 'worker_connections 512;'],
  ]
  for (const [found, replacement] of replacements) {
    if (!text.includes(found)) throw new Error(`nginx.conf has no "${found}"`)
    text = text.replace(found, replacement)
  }
  const file = join(state, 'nginx.conf')
  await writeFile(file, text)
  const args = ['-p', state, '-c', file, '-e', `${state}/error.log`, '-g', 'daemon off; worker_shutdown_timeout 1s;']
  const program = findProgram('nginx')
  if (program === undefined) throw new Error('Tests of the bundle need nginx. Install it and put it on PATH.')
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  killOnExit(child)
  let problems = ''
  child.stderr.on('data', (chunk: Buffer) => (problems += chunk.toString()))
  const exited = once(child, 'exit')
  await waitFor(() => child.exitCode !== null || fetch(`http://127.0.0.1:${ports.proxyPort}/`).then(() => true), {
    what: 'nginx to listen',
  })
  if (child.exitCode !== null) throw new Error(`nginx did not start: ${problems}`)
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exited
      await rm(state, { recursive: true, force: true })
    },
  }
}

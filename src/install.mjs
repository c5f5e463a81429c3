// Installs the packages when package-lock.json has changed; with --deploy also those of deploy/, with --tests these and
// the programs that the tests need. It runs before `npm start` and `npm test`, possibly without node_modules: plain
// JavaScript for Node 20, importing only Node.
import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Folders with a package-lock.json of their own. */
const shop = { dir: root, what: 'packages', duration: 'about 30 s on the first start' }
const deploy = { dir: join(root, 'deploy'), what: 'packages of deploy/', duration: 'about 20 s, once' }
const lockDir = join(root, '.data', 'install-lock')
/** Names of this process's lock files. */
const heldFiles = new Set()

/** PATH without node_modules/.bin, which npm puts first: the pinned Node in it is about to be removed by `npm ci`. */
const systemPath = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((dir) => dir !== '' && !/node_modules[\\/]\.bin[\\/]?$/.test(dir))
const systemEnv = { ...process.env, PATH: systemPath.join(delimiter) }

class InstallError extends Error {}

async function main() {
  const [major] = process.versions.node.split('.')
  if (Number(major) < 20) {
    throw new InstallError(`Holdfast needs Node 20 or newer; this is ${process.versions.node}. See https://nodejs.org.`)
  }
  const isForTests = process.argv.includes('--tests')
  const folders = isForTests || process.argv.includes('--deploy') ? [shop, deploy] : [shop]
  for (const folder of folders) {
    if (!isInstalled(folder)) await withLock((onSpawn) => installPackages(folder, onSpawn))
  }
  if (isForTests) await installTestTools()
}

// Packages

const stampFileOf = ({ dir }) => join(dir, 'node_modules', '.holdfast-install')

function wantedStamp({ dir }) {
  const lockfile = readFileSync(join(dir, 'package-lock.json'))
  return createHash('sha256').update(lockfile).update(`${process.platform} ${process.arch}`).digest('hex')
}

function isInstalled(folder) {
  const stampFile = stampFileOf(folder)
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8').trim() === wantedStamp(folder)
}

async function installPackages(folder, onSpawn) {
  // The previous holder of the lock may have installed the packages.
  if (isInstalled(folder)) return
  const stamp = wantedStamp(folder)
  // Development packages are included even when NODE_ENV is production: the stamp means a complete install.
  const args = ['ci', '--include=dev', '--loglevel=error', '--no-audit', '--no-fund']
  const title = `Installing ${folder.what} (${folder.duration}) ...`
  const { code, output } = await runWithProgress(title, 'npm', args, { dir: folder.dir, onSpawn })
  if (code !== 0)
    throw new InstallError(`${npmErrors(output)}\n\nThe packages were not installed. ${npmRemedy(output)}`)
  const pinned = spawnSync(join(root, 'node_modules', '.bin', 'node'), ['--version'])
  if (pinned.status !== 0) {
    throw new InstallError(
      'The pinned Node (npm package `node`) was not installed. Remove node_modules and start again.',
    )
  }
  writeFileSync(stampFileOf(folder), `${stamp}\n`)
}

function npmErrors(output) {
  const isNoise = (line) => /^(npm (warn|notice)|(npm error)?\s*$|npm error\s+at )/i.test(line)
  const lines = output.split('\n').filter((line) => !isNoise(line))
  return lines.slice(0, 12).join('\n')
}

function npmRemedy(output) {
  const remedies = [
    [
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|network/,
      'Check the network and the registry (`npm ping`), then start again.',
    ],
    [/EUSAGE|in sync/, 'package-lock.json does not match package.json: run `npm install`, and commit both.'],
    [/ENOSPC/, 'The disk is full: free some space, then start again.'],
    [/EACCES|EPERM|EROFS/, `This user may not write to ${root}: change its owner to the user that starts the shop.`],
    [/ENOENT.*\bnpm\b|spawn npm/, 'npm is not on PATH: install it together with Node.'],
  ]
  const [, remedy] = remedies.find(([pattern]) => pattern.test(output)) ?? []
  return remedy ?? 'Fix the npm error above, then start again.'
}

// Lock of one install per clone. Each contender writes a file with its identity, then checks the others' files, as in
// src/embedded-postgres/lock.ts. The file of a living process is never removed, so that no lock is taken over twice.

async function withLock(action) {
  let isAnnounced = false
  for (;;) {
    const own = hold(process.pid)
    if (!readdirSync(lockDir).some((name) => name !== own && isHeld(name))) break
    release(own)
    if (!isAnnounced) print('Another process is installing the packages; waiting for it ...')
    isAnnounced = true
    await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 300))
  }
  try {
    // npm holds the lock too: it continues when only this process is killed.
    await action(hold)
  } finally {
    heldFiles.forEach(release)
  }
}

function hold(pid) {
  const name = `${pid}-${startTimeOf(pid) ?? 'gone'}-${randomBytes(4).toString('hex')}`
  mkdirSync(lockDir, { recursive: true })
  writeFileSync(join(lockDir, name), '')
  heldFiles.add(name)
  return name
}

function release(name) {
  rmSync(join(lockDir, name), { force: true })
  heldFiles.delete(name)
}

process.once('exit', () => heldFiles.forEach(release))

function isHeld(name) {
  const [pid, startedAt] = name.split('-')
  if (startTimeOf(Number(pid)) === startedAt) return true
  release(name)
  return false
}

/** Start time of a process, unique together with its pid; undefined when it is gone. Without /proc only the pid is checked. */
function startTimeOf(pid) {
  try {
    if (!existsSync('/proc/self/stat')) return process.kill(pid, 0) ? 'unknown' : undefined
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch (error) {
    return error.code === 'EPERM' ? 'unknown' : undefined
  }
}

// Programs that the tests need

/** `package` is the Debian package. */
const testTools = [
  { package: 'redis-server', remedy: 'redis-server or valkey-server on PATH, or REDIS_URL', isInstalled: hasRedis },
  { package: 'nginx', remedy: 'nginx on PATH, for the bundle of Beanstalk', isInstalled: () => hasServer('nginx') },
  {
    package: 'haproxy',
    remedy: 'haproxy on PATH, for the rehearsal of a deployment',
    isInstalled: () => hasServer('haproxy'),
  },
  { package: 'faketime', remedy: 'libfaketime, for tests with wrong clocks', isInstalled: hasFaketime },
  { package: 'chromium', remedy: 'chromium or google-chrome on PATH, or CHROMIUM_PATH', isInstalled: hasChromium },
  { package: 'fonts-noto-cjk', remedy: 'a font with Chinese characters', isInstalled: hasChineseFont },
]

async function installTestTools() {
  if (process.env.CHROMIUM_PATH !== undefined && !isExecutable(process.env.CHROMIUM_PATH)) {
    throw new InstallError(
      `CHROMIUM_PATH is ${process.env.CHROMIUM_PATH}, which is not an executable file. Correct or unset it.`,
    )
  }
  const missing = missingTools()
  if (missing.length === 0) return
  const packages = missing.map((tool) => tool.package)
  const aptGet = findAptGet()
  if (aptGet === undefined) throw new InstallError(installInstructions(missing))

  const [command, ...prefix] = aptGet
  const title = `Installing ${packages.join(', ')} for the tests (about a minute, once) ...`
  // A failed update (no network) is ignored: if it matters, the install fails and reports it.
  await runWithProgress('Updating the list of Debian packages ...', command, [...prefix, 'update'])
  const args = [...prefix, 'install', '-y', '--no-install-recommends', ...packages]
  const { code, output } = await runWithProgress(title, command, args)
  const stillMissing = missingTools()
  if (code !== 0 || stillMissing.length > 0) {
    throw new InstallError(`${output.trim().split('\n').slice(-15).join('\n')}\n\n${installInstructions(missing)}`)
  }
}

function missingTools() {
  return testTools.filter((tool) => !tool.isInstalled())
}

/** The command that runs apt-get as root without a prompt; undefined where there is none. */
function findAptGet() {
  if (findProgram('apt-get') === undefined) return undefined
  // RUNLEVEL=1 keeps the package redis-server from starting a service: the tests start their own.
  const aptGet = [
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'RUNLEVEL=1',
    'apt-get',
    '-q',
    '-o',
    'DPkg::Lock::Timeout=120',
  ]
  if (process.getuid?.() === 0) return aptGet
  const isSudoer = findProgram('sudo') !== undefined && spawnSync('sudo', ['-n', 'true']).status === 0
  return isSudoer ? ['sudo', '-n', ...aptGet] : undefined
}

function installInstructions(missing) {
  const lines = missing.map((tool) => `  - ${tool.remedy}`)
  const packages = missing.map((tool) => tool.package).join(' ')
  const debian = `On Debian: sudo apt-get install -y --no-install-recommends ${packages}`
  return `Tests and benchmarks need programs that are not installed:\n${lines.join('\n')}\n${debian}\nThen run the same command again.`
}

function hasRedis() {
  return Boolean(process.env.REDIS_URL) || findProgram('redis-server', 'valkey-server') !== undefined
}

/** Debian has it in /usr/sbin, which is not on the PATH of every user. */
const hasServer = (name) => findProgram(name) !== undefined || isExecutable(`/usr/sbin/${name}`)

/** Only the failure suite needs it, which runs only on Linux. */
function hasFaketime() {
  if (process.platform !== 'linux') return true
  return ['x86_64-linux-gnu', 'aarch64-linux-gnu'].some((arch) =>
    existsSync(`/usr/lib/${arch}/faketime/libfaketime.so.1`),
  )
}

function hasChromium() {
  return (
    process.env.CHROMIUM_PATH !== undefined ||
    findProgram('chromium', 'chromium-browser', 'google-chrome') !== undefined
  )
}

function hasChineseFont() {
  // Other systems include one.
  if (process.platform !== 'linux') return true
  if (findProgram('fc-list') === undefined) return existsSync('/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc')
  return spawnSync('fc-list', [':lang=zh'], { encoding: 'utf8' }).stdout.trim() !== ''
}

function findProgram(...names) {
  return names.flatMap((name) => systemPath.map((dir) => join(dir, name))).find(isExecutable)
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

// Progress

function print(line) {
  process.stderr.write(`${line}\n`)
}

/** Runs a command and shows the elapsed time; its output is returned, not shown. */
async function runWithProgress(title, command, args, { dir = root, onSpawn } = {}) {
  const begin = Date.now()
  const seconds = () => Math.round((Date.now() - begin) / 1000)
  const { isTTY } = process.stderr
  const show = () => (isTTY ? process.stderr.write(`\r${title} ${seconds()} s`) : print(`  ... ${seconds()} s`))
  if (isTTY) show()
  else print(title)
  const ticking = setInterval(show, isTTY ? 1000 : 5000)
  try {
    const result = await run(command, args, dir, onSpawn)
    const outcome = result.code === 0 ? `done in ${seconds()} s` : 'failed'
    if (isTTY) process.stderr.write(`\r${title} ${outcome}\n`)
    else print(`  ${outcome}`)
    return result
  } finally {
    clearInterval(ticking)
  }
}

function run(command, args, cwd, onSpawn) {
  return new Promise((resolve) => {
    const isWindows = process.platform === 'win32'
    const options = { cwd, env: systemEnv, stdio: ['ignore', 'pipe', 'pipe'], shell: isWindows }
    const child = spawn(command, args, options)
    child.on('spawn', () => onSpawn?.(child.pid))
    const stop = (signal) => {
      child.kill(signal)
      process.exit(signal === 'SIGINT' ? 130 : 143)
    }
    process.on('SIGINT', stop).on('SIGTERM', stop)
    let output = ''
    const take = (chunk) => {
      output = (output + chunk).slice(-100_000)
    }
    const done = (code) => {
      process.off('SIGINT', stop).off('SIGTERM', stop)
      resolve({ code, output })
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)
    child.on('error', (error) => {
      take(`${error.message}\n`)
      done(1)
    })
    child.on('close', (code) => done(code ?? 1))
  })
}

main().catch((error) => {
  if (error instanceof InstallError) print(error.message)
  else if (['EACCES', 'EROFS', 'EPERM', 'ENOSPC'].includes(error.code))
    print(`${error.message}\n\n${npmRemedy(error.code)}`)
  else throw error
  process.exitCode = 1
})

// Runs before `npm start` and `npm test`, when there may be no node_modules yet: plain JavaScript for Node 20, no imports
// but Node's own. Installs the packages when package-lock.json has changed; with --tests also what the tests need.
import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stampFile = join(root, 'node_modules', '.holdfast-install')
const lockDir = join(root, '.data', 'install-lock')
/** Names of our own files there. */
const held = new Set()

/** npm puts node_modules/.bin first; there lies the pinned Node, which `npm ci` is about to remove. */
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
  if (!isInstalled()) await withLock(installPackages)
  if (process.argv.includes('--tests')) await installTestTools()
}

// Packages

function wantedStamp() {
  const lockfile = readFileSync(join(root, 'package-lock.json'))
  return createHash('sha256').update(lockfile).update(`${process.platform} ${process.arch}`).digest('hex')
}

function isInstalled() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8').trim() === wantedStamp()
}

async function installPackages(onSpawn) {
  // Whoever held the lock before us has done it.
  if (isInstalled()) return
  const stamp = wantedStamp()
  // With everything, whatever NODE_ENV says: the stamp stands for a whole install.
  const args = ['ci', '--include=dev', '--loglevel=error', '--no-audit', '--no-fund']
  const title = 'Installing packages (about 30 s on the first start) ...'
  const { code, output } = await runWithProgress(title, 'npm', args, onSpawn)
  if (code !== 0)
    throw new InstallError(`${npmErrors(output)}\n\nThe packages were not installed. ${npmRemedy(output)}`)
  const pinned = spawnSync(join(root, 'node_modules', '.bin', 'node'), ['--version'])
  if (pinned.status !== 0) {
    throw new InstallError('The Node of package `node` did not install. Remove node_modules and start again.')
  }
  writeFileSync(stampFile, `${stamp}\n`)
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
    [/EUSAGE|in sync/, 'package-lock.json does not fit package.json: run `npm install`, and commit both.'],
    [/ENOSPC/, 'The disk is full: free some space, then start again.'],
    [/EACCES|EPERM|EROFS/, `This user may not write in ${root}: give it to the user who starts the shop.`],
    [/ENOENT.*\bnpm\b|spawn npm/, 'npm is not on PATH: install it with Node.'],
  ]
  const [, remedy] = remedies.find(([pattern]) => pattern.test(output)) ?? []
  return remedy ?? 'Mend what npm says above, then start again.'
}

// One install at a time in one clone. Each contender writes a file that names it, then looks at the others', as
// src/db/embedded/lock.ts does: a living process's file is never removed, so that none is taken over twice.

async function withLock(action) {
  let isAnnounced = false
  for (;;) {
    const own = hold(process.pid)
    if (!readdirSync(lockDir).some((name) => name !== own && isHeld(name))) break
    release(own)
    if (!isAnnounced) say('Another start is installing the packages: waiting for it ...')
    isAnnounced = true
    await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 300))
  }
  try {
    // npm is to hold the lock too: it goes on when this process alone is killed.
    await action(hold)
  } finally {
    held.forEach(release)
  }
}

function hold(pid) {
  const name = `${pid}-${startTimeOf(pid) ?? 'gone'}-${randomBytes(4).toString('hex')}`
  mkdirSync(lockDir, { recursive: true })
  writeFileSync(join(lockDir, name), '')
  held.add(name)
  return name
}

function release(name) {
  rmSync(join(lockDir, name), { force: true })
  held.delete(name)
}

process.once('exit', () => held.forEach(release))

function isHeld(name) {
  const [pid, startedAt] = name.split('-')
  if (startTimeOf(Number(pid)) === startedAt) return true
  release(name)
  return false
}

/** With the pid it names a process for good; undefined when the process is gone. Without /proc the pid alone must do. */
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

// What the tests need beside packages

/** `package` is Debian's name for it. */
const testTools = [
  { package: 'redis-server', remedy: 'redis-server or valkey-server on PATH, or REDIS_URL', isThere: hasRedis },
  { package: 'faketime', remedy: 'libfaketime, for clocks that are wrong', isThere: hasFaketime },
  { package: 'chromium', remedy: 'chromium or google-chrome on PATH, or CHROMIUM_PATH', isThere: hasChromium },
  { package: 'fonts-noto-cjk', remedy: 'a font with Chinese characters', isThere: hasChineseFont },
]

async function installTestTools() {
  if (process.env.CHROMIUM_PATH !== undefined && !isExecutable(process.env.CHROMIUM_PATH)) {
    throw new InstallError(`CHROMIUM_PATH is ${process.env.CHROMIUM_PATH}, which is no program. Mend or unset it.`)
  }
  const missing = missingTools()
  if (missing.length === 0) return
  const packages = missing.map((tool) => tool.package)
  const asRoot = findAptGet()
  if (asRoot === undefined) throw new InstallError(howToInstall(missing))

  const [command, ...prefix] = asRoot
  const title = `Installing ${packages.join(', ')} for the tests (about a minute, once) ...`
  // An update that fails (no network) matters only if the install then fails, which says so itself.
  await runWithProgress('Updating the list of Debian packages ...', command, [...prefix, 'update'])
  const args = [...prefix, 'install', '-y', '--no-install-recommends', ...packages]
  const { code, output } = await runWithProgress(title, command, args)
  const stillMissing = missingTools()
  if (code !== 0 || stillMissing.length > 0) {
    throw new InstallError(`${output.trim().split('\n').slice(-15).join('\n')}\n\n${howToInstall(missing)}`)
  }
}

function missingTools() {
  return testTools.filter((tool) => !tool.isThere())
}

/** The command that runs apt-get as root without asking anybody; undefined where there is none. */
function findAptGet() {
  if (findProgram('apt-get') === undefined) return undefined
  // RUNLEVEL keeps redis-server's package from starting a service: the tests start their own.
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

function howToInstall(missing) {
  const lines = missing.map((tool) => `  - ${tool.remedy}`)
  const packages = missing.map((tool) => tool.package).join(' ')
  const debian = `On Debian: sudo apt-get install -y --no-install-recommends ${packages}`
  return `The tests need what is not here:\n${lines.join('\n')}\n${debian}\nThen run npm test again.`
}

function hasRedis() {
  return Boolean(process.env.REDIS_URL) || findProgram('redis-server', 'valkey-server') !== undefined
}

/** Only the failure suite needs it, and runs on Linux alone. */
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
  // Other systems bring one.
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

function say(line) {
  process.stderr.write(`${line}\n`)
}

/** Runs a command whose output nobody wants to see unless it fails; shows that time passes. */
async function runWithProgress(title, command, args, onSpawn) {
  const begin = Date.now()
  const seconds = () => Math.round((Date.now() - begin) / 1000)
  const { isTTY } = process.stderr
  const show = () => (isTTY ? process.stderr.write(`\r${title} ${seconds()} s`) : say(`  ... ${seconds()} s`))
  if (isTTY) show()
  else say(title)
  const ticking = setInterval(show, isTTY ? 1000 : 5000)
  try {
    const result = await run(command, args, onSpawn)
    const outcome = result.code === 0 ? `done in ${seconds()} s` : 'failed'
    if (isTTY) process.stderr.write(`\r${title} ${outcome}\n`)
    else say(`  ${outcome}`)
    return result
  } finally {
    clearInterval(ticking)
  }
}

function run(command, args, onSpawn) {
  return new Promise((resolve) => {
    const isWindows = process.platform === 'win32'
    const options = { cwd: root, env: systemEnv, stdio: ['ignore', 'pipe', 'pipe'], shell: isWindows }
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
  if (error instanceof InstallError) say(error.message)
  else if (['EACCES', 'EROFS', 'EPERM', 'ENOSPC'].includes(error.code))
    say(`${error.message}\n\n${npmRemedy(error.code)}`)
  else throw error
  process.exitCode = 1
})

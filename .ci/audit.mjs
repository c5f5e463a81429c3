// Checks the packages that a shop runs with against the registry's advisories: `npm run audit`. Not part of `npm test`,
// since it needs the network. Exit code 1 for an advisory; 0 with a note when the registry gives none.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const timeoutMs = 120_000

const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  encoding: 'utf8',
  env: { ...process.env, npm_config_fetch_retries: '1', npm_config_fetch_timeout: '30000' },
  timeout: timeoutMs,
  maxBuffer: 64 * 2 ** 20,
  shell: process.platform === 'win32',
})

const report = parse(stdout)
if (report?.vulnerabilities === undefined) printUnreachable()
else printAdvisories(Object.values(report.vulnerabilities), report.metadata?.dependencies?.prod)

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function printUnreachable() {
  const reason = report?.message ?? report?.error?.summary ?? stderr?.trim().split('\n')[0] ?? 'no answer'
  console.log(`The registry gave no advisories, so nothing was checked: ${reason}`)
  console.log('Run it again with a network; `npm ping` shows whether the registry answers.')
}

function printAdvisories(vulnerable, count) {
  if (vulnerable.length === 0) {
    console.log(`No advisory is known for the ${count ?? ''} packages that a shop runs with.`)
    return
  }
  for (const { name, severity, via, fixAvailable } of vulnerable) {
    console.log(`${severity.toUpperCase()}  ${name}  ${remedyOf(fixAvailable)}`)
    for (const cause of via)
      console.log(typeof cause === 'string' ? `    by ${cause}` : `    ${cause.title}  ${cause.url}  (${cause.range})`)
  }
  console.log(`\n${vulnerable.length} of the packages that a shop runs with have advisories.`)
  process.exitCode = 1
}

function remedyOf(fix) {
  if (fix === false) return 'no fix is known'
  return fix === true ? 'fixed by `npm audit fix`' : `fixed by ${fix.name} ${fix.version}`
}

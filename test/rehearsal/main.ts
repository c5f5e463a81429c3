import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { makeRunFolder } from '../failure/shop/template.ts'
import { algorithms, type Algorithm } from './haproxy.ts'
import { rehearse, type Status } from './rehearsal.ts'
import { htmlReport, textReport } from './report.ts'

/** The command line of the rehearsal: `npm run rehearse -- --balance leastconn`. */

interface Options {
  balance: Algorithm
  requests: number
  rate: number
  hold: number
  seed?: number
  report: string
  keep?: boolean
}

const whole = (text: string): number => {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('Give a whole number, 0 or more.')
  return number
}

const command = new Command('rehearse')
  .description(
    'Deploys, swaps, rolls back, scales, kills and fails over a shop of two colours on this machine, under the traffic of whole purchases, and checks that no request fails and no order is lost.',
  )
  .addOption(new Option('--balance <algorithm>', 'algorithm of HAProxy').choices(algorithms).default('roundrobin'))
  .option('--requests <n>', 'go on until so many requests were sent', whole, 100_000)
  .option('--rate <n>', 'journeys that begin per second; lower it on a busy machine', whole, 20)
  .option('--hold <seconds>', 'time that a part of the clients stays with the old colour', whole, 15)
  .option('--seed <n>', 'seed of the journeys; it is printed', whole)
  .option('--report <folder>', 'where report.txt and report.html are written', '.data/rehearsal')
  .option('--keep', 'keep the logs of a rehearsal that succeeded too')
  .addHelpText('after', '\nThe exit code is 1 when a request failed that must not, or an order is wrong.')
  .showHelpAfterError('(run with --help for all options)')
command.parse()
const options = command.opts<Options>()

process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

const startedAt = performance.now()
const seconds = (): string => ((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)
const print = (line: string): void => void process.stdout.write(`\r\u001b[K${seconds()} s  ${line}\n`)

/** One line, which a terminal rewrites each second. */
function showStatus({ phase, samples, requests, failures, orders }: Status): void {
  if (!process.stdout.isTTY) return
  const rates = samples.map(({ colour, requests: count, p99Ms }) => `${colour} ${count}/s p99 ${p99Ms.toFixed(0)} ms`)
  process.stdout.write(
    `\r\u001b[K${seconds()} s  ${phase}: ${rates.join(', ')}; ${requests} requests, ${failures} failed, ${orders} orders`,
  )
}

const folder = await makeRunFolder()
const result = await rehearse({
  folder,
  algorithm: options.balance,
  seed: options.seed ?? Math.floor(Math.random() * 2 ** 31),
  journeysPerSecond: options.rate,
  requestsMin: options.requests,
  holdMs: options.hold * 1000,
  print,
  onSecond: showStatus,
})
await mkdir(options.report, { recursive: true })
await writeFile(join(options.report, 'report.txt'), `${textReport(result)}\n`)
await writeFile(join(options.report, 'report.html'), htmlReport(result))
print(`The report is in ${options.report}/report.html`)
process.stdout.write(`\n${textReport(result)}\n`)
const isGreen = result.problems.length === 0
if (isGreen && options.keep !== true) await rm(folder, { recursive: true, force: true })
else process.stdout.write(`History and logs: ${folder}\n`)
process.exitCode = isGreen ? 0 : 1

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** `npm run deploy:check`: everything about the deployment that can be proved without an account. One line a step. */

interface Step {
  name: string
  command: [string, ...string[]]
}

const root = fileURLToPath(new URL('../..', import.meta.url))

const steps: Step[] = [
  { name: 'types', command: ['tsc', '-p', 'deploy'] },
  { name: 'stacks of all sizes', command: ['node', 'deploy/aws/check.ts'] },
  { name: 'assertions and option settings', command: ['vitest', 'run', 'deploy/aws', 'deploy/eb/option-settings'] },
  { name: 'migrations', command: ['node', 'deploy/migrations/check.ts'] },
]

function run({ command: [program, ...args] }: Step): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const take = (chunk: string): void => {
      output += chunk
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)
    child.on('error', (error) => {
      take(`${error.message}\n`)
      resolve({ code: 1, output })
    })
    child.on('close', (code) => {
      resolve({ code: code ?? 1, output })
    })
  })
}

const startedAt = performance.now()
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`
let failed = 0
for (const step of steps) {
  process.stdout.write(`${step.name} ... `)
  const stepStartedAt = performance.now()
  const { code, output } = await run(step)
  process.stdout.write(code === 0 ? `ok, ${seconds(stepStartedAt)}\n` : `failed\n${output}\n`)
  if (code !== 0) failed += 1
}
process.stdout.write(`deploy:check: ${steps.length - failed} passed, ${failed} failed, ${seconds(startedAt)}\n`)
process.exitCode = failed === 0 ? 0 : 1

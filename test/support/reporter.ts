import type { Reporter, TestModule } from 'vitest/node'

/**
 * Prints `holdfast: N passed, N failed` as the very last line. A file that cannot be imported, a hook that throws and
 * an error outside every test count as failed each, so that the line never looks better than the exit code.
 */
export default class SummaryReporter implements Reporter {
  #passed = 0
  #failed = 0

  onInit(): void {
    process.on('exit', (code) => {
      if (code !== 0 && this.#failed === 0) this.#failed = 1
      process.stdout.write(`holdfast: ${this.#passed} passed, ${this.#failed} failed\n`)
    })
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()])
    this.#passed = tests.filter((test) => test.result().state === 'passed').length
    this.#failed =
      tests.filter((test) => test.result().state === 'failed').length +
      suites.filter((suite) => suite.errors().length > 0).length +
      unhandledErrors.length
  }
}

import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'client/**/*.test.ts',
      'deploy/*/**/*.test.ts',
      'src/**/*.test.ts',
      'modules/**/*.test.ts',
      'web/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    globalSetup: 'test/support/global-setup.ts',
    reporters: ['default', './test/support/reporter.ts'],
    // Processes, not threads: tests send signals, start servers and measure their own memory.
    pool: 'forks',
    maxWorkers: 2,
    // Guards against standstill, not measurements: a busy machine is several times slower than an idle one.
    testTimeout: 40_000,
    hookTimeout: 90_000,
    teardownTimeout: 10_000,
  },
})

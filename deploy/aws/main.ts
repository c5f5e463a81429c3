import { addChecks, buildShop, createApp } from './app.ts'
import { readSettings, SettingsError } from './settings.ts'

/** What the CDK command runs (cdk.json): synthesises the stacks, and fails on findings that no resource acknowledges. */

const app = createApp()
try {
  buildShop(app, readSettings(app.node.getAllContext(), process.env))
  addChecks(app)
  app.synth()
} catch (error) {
  if (!(error instanceof SettingsError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addChecks, buildShop, createApp } from './app.ts'
import { sampleSettings, sampleWithoutDomain } from './sample.fixture.ts'
import { sizeNames } from './sizes.ts'

/**
 * Synthesises every size, with and without a domain, without account or network. A finding of cdk-nag or of the template
 * validator that no resource acknowledges fails.
 */

const directory = await mkdtemp(join(tmpdir(), 'holdfast-stacks-'))
try {
  for (const size of sizeNames)
    for (const settings of [sampleSettings({ size }), sampleWithoutDomain({ size })]) {
      const outdir = join(directory, `${size}-${settings.domain === undefined ? 'plain' : 'domain'}`)
      const app = createApp({ outdir })
      buildShop(app, settings)
      addChecks(app)
      app.synth()
    }
} finally {
  await rm(directory, { recursive: true, force: true })
}

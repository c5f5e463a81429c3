import { createReadStream } from 'node:fs'
import {
  CreateApplicationVersionCommand,
  CreateStorageLocationCommand,
  DescribeApplicationVersionsCommand,
} from '@aws-sdk/client-elastic-beanstalk'
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { isNotFound } from '../aws-error.ts'
import { waitUntil, type ReleaseContext, type Step } from '../context.ts'
import { findEnvironment, isHealthy, stateText } from '../environments.ts'
import { ReleaseError } from '../release-error.ts'
import { stat } from 'node:fs/promises'

export const bundleKey = (version: string): string => `bundles/holdfast-${version}.zip`

/** The environments that serve must be well before anything changes. */
const checkLive: Step = {
  name: 'check-live',
  title: 'the running environments are Ready and Ok',
  async run(context) {
    const { live } = context.lease.record
    if (live === undefined) return
    for (const name of [live.web, live.worker]) {
      const found = await findEnvironment(context.aws, context.infrastructure.ApplicationName, name)
      if (found !== undefined && isHealthy(found)) continue
      throw new ReleaseError(`${name} is not well: ${found === undefined ? 'it is missing' : stateText(found)}.`, {
        remedy:
          'A release begins from a healthy shop. Mend or finish what is under way there, then `npm run release -- resume`, or end this release with `npm run release -- rollback`.',
      })
    }
  },
}

const upload: Step = {
  name: 'upload',
  title: 'upload the bundle',
  async isDone({ aws, infrastructure, lease }) {
    const head = new HeadObjectCommand({ Bucket: infrastructure.BundleBucket, Key: bundleKey(lease.record.version) })
    return aws.s3.send(head).then(
      () => true,
      (error: unknown) => {
        if (isNotFound(error)) return false
        throw error
      },
    )
  },
  async run({ aws, infrastructure, lease, bundleFile }) {
    const { version } = lease.record
    if (bundleFile === undefined)
      throw new ReleaseError(`The bundle of ${version} is not in S3 yet, and not on this machine.`, {
        remedy: 'Check out the commit, run `npm run bundle`, and resume with --bundle <file>.',
      })
    // Beanstalk keeps its logs there.
    await aws.beanstalk.send(new CreateStorageLocationCommand({}))
    const { size } = await stat(bundleFile)
    await aws.s3.send(
      new PutObjectCommand({
        Bucket: infrastructure.BundleBucket,
        Key: bundleKey(version),
        Body: createReadStream(bundleFile),
        ContentLength: size,
      }),
    )
  },
}

const applicationVersion: Step = {
  name: 'application-version',
  title: 'register and process the version',
  async run(context) {
    const { aws, infrastructure, lease } = context
    const { version } = lease.record
    const state = async (): Promise<string | undefined> => {
      const command = new DescribeApplicationVersionsCommand({
        ApplicationName: infrastructure.ApplicationName,
        VersionLabels: [version],
      })
      return (await aws.beanstalk.send(command)).ApplicationVersions?.[0]?.Status
    }
    if ((await state()) === undefined)
      await aws.beanstalk.send(
        new CreateApplicationVersionCommand({
          ApplicationName: infrastructure.ApplicationName,
          VersionLabel: version,
          SourceBundle: { S3Bucket: infrastructure.BundleBucket, S3Key: bundleKey(version) },
          Process: true,
        }),
      )
    await waitUntil(context, {
      what: 'the version to be processed',
      timeoutMs: 10 * 60_000,
      remedy: 'Look at the application version in the console, then `npm run release -- resume`.',
      async check() {
        const found = await state()
        if (found === 'FAILED' || found === 'Failed')
          throw new ReleaseError(`Beanstalk rejects the bundle of ${version}.`, {
            remedy: 'Delete the application version, build the bundle again, and deploy it.',
          })
        return found?.toUpperCase() === 'PROCESSED' ? true : (found ?? 'not yet there')
      },
    })
  },
}

const migrate: Step = {
  name: 'migrate',
  title: 'check the migrations, and migrate the database once',
  async run({ aws, checkMigrations, migrate: run, print }) {
    await checkMigrations()
    if (aws.isDryRun) return print('  would migrate the database')
    await run()
  },
}

export const prepareSteps: readonly Step[] = [checkLive, upload, applicationVersion, migrate]

/** The version that the record names, which an environment must run. */
export const versionOf = ({ lease }: ReleaseContext): string => lease.record.version

import { readFile } from 'node:fs/promises'
import {
  CreateApplicationVersionCommand,
  CreateStorageLocationCommand,
  DescribeApplicationVersionsCommand,
} from '@aws-sdk/client-elastic-beanstalk'
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { isNotFound, isTaken } from '../aws-error.ts'
import { waitUntil, type Step } from '../context.ts'
import { ReleaseError } from '../release-error.ts'

const bundleKey = (version: string): string => `bundles/holdfast-${version}.zip`

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
    // As a whole: the SDK cannot repeat a stream.
    const body = await readFile(bundleFile)
    await aws.s3.send(
      new PutObjectCommand({ Bucket: infrastructure.BundleBucket, Key: bundleKey(version), Body: body }),
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
    if ((await state()) === undefined) {
      const create = new CreateApplicationVersionCommand({
        ApplicationName: infrastructure.ApplicationName,
        VersionLabel: version,
        SourceBundle: { S3Bucket: infrastructure.BundleBucket, S3Key: bundleKey(version) },
        Process: true,
      })
      await aws.beanstalk.send(create).catch((error: unknown) => {
        // The answer to an earlier try was lost, and the SDK repeated the call.
        if (!isTaken(error)) throw error
      })
    }
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
  title: 'migrate the database once',
  async run({ aws, lease, migrate: run, print }) {
    if (aws.isDryRun) return print('  would migrate the database')
    await run(lease.record.version)
  },
}

export const prepareSteps: readonly Step[] = [upload, applicationVersion, migrate]

import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { ListPlatformVersionsCommand } from '@aws-sdk/client-elastic-beanstalk'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { z } from 'zod'
import type { Aws } from './aws.ts'
import { infrastructureSchema, type Infrastructure } from './infrastructure.ts'
import { ReleaseError } from './release-error.ts'
import type { ReleaseSettings } from './release-settings.ts'

const platformBranch = 'Node.js 24 running on 64bit Amazon Linux 2023'

/** @throws ReleaseError when the credentials are of another account */
export async function requireAccount({ sts }: Aws, { account }: ReleaseSettings): Promise<void> {
  const { Account: found, Arn: arn } = await sts.send(new GetCallerIdentityCommand({}))
  if (found === account) return
  throw new ReleaseError(`The credentials are of account ${found} (${arn}), and the settings name ${account}.`, {
    remedy: 'Choose the profile of that account (AWS_PROFILE), or correct the settings.',
  })
}

/** Outputs of the stacks. @throws ReleaseError when a stack or an output is missing */
export async function readInfrastructure(
  { cloudformation }: Aws,
  { stacks, region }: ReleaseSettings,
): Promise<Infrastructure> {
  const outputs: Record<string, string> = {}
  for (const name of stacks) {
    const { Stacks: found = [] } = await cloudformation
      .send(new DescribeStacksCommand({ StackName: name }))
      .catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== 'ValidationError') throw error
        throw new ReleaseError(`There is no stack ${name} in ${region}.`, {
          remedy: 'Check `region` and `stacks` in the settings, or deploy the stacks first (deploy/aws/README.md).',
          cause: error,
        })
      })
    for (const { OutputKey: key, OutputValue: value } of found[0]?.Outputs ?? [])
      if (key !== undefined && value !== undefined) outputs[key] = value
  }
  const parsed = infrastructureSchema.safeParse(outputs)
  if (parsed.success) return parsed.data
  throw new ReleaseError(`The stacks lack outputs:\n${z.prettifyError(parsed.error)}`, {
    remedy: 'Name all stacks in the settings, and deploy them at this version (deploy/aws/README.md).',
  })
}

/** ARN of the newest version of the platform. */
export async function newestPlatform({ beanstalk }: Aws): Promise<string> {
  const { PlatformSummaryList: platforms = [] } = await beanstalk.send(
    new ListPlatformVersionsCommand({
      Filters: [
        { Type: 'PlatformBranchName', Operator: '=', Values: [platformBranch] },
        { Type: 'PlatformStatus', Operator: '=', Values: ['Ready'] },
      ],
    }),
  )
  const [newest] = platforms.toSorted((one, other) =>
    (other.PlatformVersion ?? '').localeCompare(one.PlatformVersion ?? '', 'en', { numeric: true }),
  )
  if (newest?.PlatformArn !== undefined) return newest.PlatformArn
  throw new ReleaseError(`Beanstalk has no platform "${platformBranch}" in this region.`, {
    remedy: 'Choose a region that has it: `aws elasticbeanstalk list-platform-branches`.',
  })
}

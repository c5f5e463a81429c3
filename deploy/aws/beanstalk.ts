import { CfnApplication } from 'aws-cdk-lib/aws-elasticbeanstalk'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import type { ShopStack } from './shop-stack.ts'

/** Versions that are kept, each with its bundle: as far back as a rollback can reach. */
export const versionsKept = 100

/** The application alone. Its environments, blue and green, belong to the release command: CloudFormation would fight the swap. */
export function createApplication(stack: ShopStack, serviceRole: IRole): CfnApplication {
  return new CfnApplication(stack, 'Application', {
    applicationName: stack.settings.name,
    description: 'Holdfast',
    resourceLifecycleConfig: {
      serviceRole: serviceRole.roleArn,
      versionLifecycleConfig: { maxCountRule: { enabled: true, maxCount: versionsKept, deleteSourceFromS3: false } },
    },
  })
}

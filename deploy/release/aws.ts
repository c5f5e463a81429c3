import { AutoScalingClient } from '@aws-sdk/client-auto-scaling'
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { ElasticBeanstalkClient } from '@aws-sdk/client-elastic-beanstalk'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { S3Client } from '@aws-sdk/client-s3'
import { STSClient } from '@aws-sdk/client-sts'
import { WAFV2Client } from '@aws-sdk/client-wafv2'

/** Clients of the AWS SDK. Credentials and endpoints come from where the SDK looks: environment, profile, role. */
export interface Aws {
  beanstalk: ElasticBeanstalkClient
  s3: S3Client
  cloudwatch: CloudWatchClient
  sts: STSClient
  balancing: ElasticLoadBalancingV2Client
  waf: WAFV2Client
  cloudformation: CloudFormationClient
  scaling: AutoScalingClient
  /** Calls that change something are printed instead of sent. */
  isDryRun: boolean
  close(): void
}

export interface AwsOptions {
  region: string
  isDryRun?: boolean
  /** Tries of a call, with growing pauses between them. */
  maxAttempts?: number
  print(line: string): void
}

/** Commands that change nothing. */
const reads = /^(Describe|List|Get|Head|Check|Validate)/

export function createAws({ region, isDryRun = false, maxAttempts = 6, print }: AwsOptions): Aws {
  const options = { region, maxAttempts }
  const clients = {
    beanstalk: new ElasticBeanstalkClient(options),
    s3: new S3Client(options),
    cloudwatch: new CloudWatchClient(options),
    sts: new STSClient(options),
    balancing: new ElasticLoadBalancingV2Client(options),
    waf: new WAFV2Client(options),
    cloudformation: new CloudFormationClient(options),
    scaling: new AutoScalingClient(options),
  }
  if (isDryRun) for (const client of Object.values(clients)) printInstead(client, print)
  return {
    ...clients,
    isDryRun,
    close: () => Object.values(clients).forEach((client) => client.destroy()),
  }
}

/** The part of a client's middleware stack that is used; its type differs by client. */
interface AnyClient {
  middlewareStack: {
    add(
      middleware: (
        next: (call: { input: object }) => Promise<unknown>,
        context: { commandName?: string; clientName?: string },
      ) => (call: { input: object }) => Promise<unknown>,
      options: { step: 'initialize'; priority: 'high' },
    ): void
  }
}

function printInstead(client: unknown, print: (line: string) => void): void {
  const { middlewareStack } = client as AnyClient
  middlewareStack.add(
    (next, { commandName = '', clientName = '' }) =>
      async (call) => {
        if (reads.test(commandName)) return next(call)
        print(
          `  would call ${clientName.replace(/Client$/, '')} ${commandName.replace(/Command$/, '')} ${textOf(call.input)}`,
        )
        return { response: {}, output: { $metadata: {} } }
      },
    { step: 'initialize', priority: 'high' },
  )
}

/** Input as JSON; a body is not printed. */
const textOf = (input: object): string =>
  JSON.stringify(input, (key, value: unknown) => (key === 'Body' ? '(body)' : value))

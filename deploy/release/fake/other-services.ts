import { createHash } from 'node:crypto'
import { balancerArn } from './beanstalk.ts'
import { AwsFailure, type Parameters, type Xml } from './protocol.ts'
import type { FakeEnvironment, World } from './world.ts'

type Action = (world: World, parameters: Parameters) => Xml

/** Actions of the query protocol beside Beanstalk's, by service. */
export const queryActions: Readonly<Record<string, Readonly<Record<string, Action>>>> = {
  sts: {
    GetCallerIdentity: ({ account }) => ({
      Account: account,
      Arn: `arn:aws:sts::${account}:assumed-role/deployer/test`,
      UserId: 'AROA:test',
    }),
  },
  cloudformation: {
    DescribeStacks(world, parameters) {
      const name = parameters.required('StackName')
      if (name !== 'Holdfast') throw new AwsFailure('ValidationError', `Stack with id ${name} does not exist`)
      const outputs = Object.entries(world.outputs).map(([key, value]) => ({ OutputKey: key, OutputValue: value }))
      return {
        Stacks: [
          { StackName: name, StackStatus: 'UPDATE_COMPLETE', CreationTime: '2026-11-01T00:00:00Z', Outputs: outputs },
        ],
      }
    },
  },
  autoscaling: {
    DescribeAutoScalingGroups(world, parameters) {
      const name = parameters.text('AutoScalingGroupNames.member.1') ?? ''
      const environment = world.environments.find((each) => `awseb-${each.name}` === name)
      return {
        AutoScalingGroups:
          environment === undefined ? [] : [{ AutoScalingGroupName: name, DesiredCapacity: environment.size }],
      }
    },
  },
  elasticloadbalancing: {
    DescribeTargetGroups(world, parameters) {
      const { name } = environmentOf(world, parameters.required('LoadBalancerArn'))
      return { TargetGroups: [{ TargetGroupArn: `${groupPrefix}${name}/1` }] }
    },
    ModifyTargetGroupAttributes(world, parameters) {
      const { attributes } = groupOf(world, parameters)
      const wanted = new Map(
        parameters.members('Attributes').map((each) => [each.required('Key'), each.required('Value')]),
      )
      const algorithm = wanted.get('load_balancing.algorithm.type') ?? attributes.get('load_balancing.algorithm.type')
      if (wanted.get('load_balancing.algorithm.anomaly_mitigation') === 'on' && algorithm !== 'weighted_random')
        throw new AwsFailure('InvalidConfigurationRequest', 'Anomaly mitigation needs the weighted_random algorithm')
      for (const [key, value] of wanted) attributes.set(key, value)
      return {}
    },
  },
}

const groupPrefix = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/'

function groupOf(world: World, parameters: Parameters): FakeEnvironment {
  const arn = parameters.required('TargetGroupArn')
  const found = world.environments.find(
    ({ name, status }) => arn === `${groupPrefix}${name}/1` && status !== 'Terminated',
  )
  if (found === undefined) throw new AwsFailure('TargetGroupNotFound', 'One or more target groups not found')
  return found
}

function environmentOf(world: World, arn: string): FakeEnvironment {
  const found = world.environments.find((each) => each.status !== 'Terminated' && balancerArn(world, each) === arn)
  if (found === undefined) throw new AwsFailure('LoadBalancerNotFound', `One or more load balancers not found`)
  return found
}

interface MetricQuery {
  Id: string
  MetricStat: { Metric: { MetricName: string; Dimensions: { Value: string }[] } }
}

/** Actions of the JSON protocols: CloudWatch and WAF. */
export const jsonActions: Readonly<Record<string, (world: World, input: Record<string, unknown>) => unknown>> = {
  GetMetricData(world, input) {
    const [from, until] = [Number(input['StartTime']) * 1000, Number(input['EndTime']) * 1000]
    if (!(from < until))
      throw new AwsFailure('ValidationError', 'The parameter StartTime must be less than the parameter EndTime.')
    const queries = input['MetricDataQueries'] as MetricQuery[]
    return { MetricDataResults: queries.map((query) => metricResult(world, query, from, until)) }
  },
  GetWebACLForResource(world, input) {
    const { webAcl } = environmentOf(world, String(input['ResourceArn']))
    return webAcl === undefined
      ? {}
      : { WebACL: { ARN: webAcl, Name: 'holdfast', Id: '1', DefaultAction: { Allow: {} } } }
  },
  AssociateWebACL(world, input) {
    const environment = environmentOf(world, String(input['ResourceArn']))
    if (environment.status !== 'Ready')
      throw new AwsFailure('WAFUnavailableEntityException', 'The resource is not ready.')
    environment.webAcl = String(input['WebACLArn'])
    return {}
  },
}

function metricResult(
  world: World,
  { Id: id, MetricStat: { Metric: metric } }: MetricQuery,
  from: number,
  until: number,
) {
  const dimension = metric.Dimensions[0]?.Value ?? ''
  const environment = world.environments.find((each) => balancerArn(world, each).endsWith(`loadbalancer/${dimension}`))
  const { requests } = environment === undefined ? { requests: 0 } : world.trafficIn(environment, from, until)
  const worse = world.faults.worse?.version === environment?.version ? world.faults.worse : undefined
  const values: Record<string, number> = {
    RequestCount: requests,
    HTTPCode_Target_5XX_Count: Math.round(requests * (worse?.failureShare ?? 0)),
    HTTPCode_ELB_5XX_Count: 0,
    TargetResponseTime: worse?.p99Seconds ?? 0.08,
  }
  // As CloudWatch: a metric without data points has no values.
  const hasData = requests > 0
  return {
    Id: id,
    Label: metric.MetricName,
    StatusCode: 'Complete',
    Timestamps: hasData ? [from / 1000] : [],
    Values: hasData ? [values[metric.MetricName]] : [],
  }
}

export interface ObjectRequest {
  method: string
  /** Bucket and key. */
  path: string
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: Buffer
}

/** S3 with its conditional writes. */
export function handleObject(
  world: World,
  { method, path, headers, body }: ObjectRequest,
): { body: Buffer; etag: string } {
  if (!path.startsWith(`${world.outputs['BundleBucket']}/`))
    throw new AwsFailure('NoSuchBucket', 'The specified bucket does not exist', 404)
  const found = world.objects.get(path)
  if (method === 'GET' || method === 'HEAD') {
    if (found === undefined) throw new AwsFailure('NoSuchKey', 'The specified key does not exist.', 404)
    return found
  }
  const [ifMatch, ifNoneMatch] = [headers['if-match'], headers['if-none-match']]
  const isMet = (ifNoneMatch === undefined || found === undefined) && (ifMatch === undefined || found?.etag === ifMatch)
  if (!isMet)
    throw new AwsFailure('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412)
  const content = String(headers['content-encoding'] ?? '').includes('aws-chunked') ? dechunk(body) : body
  const stored = {
    body: content,
    etag: `"${createHash('md5').update(content).update(String(world.now)).digest('hex')}"`,
  }
  world.objects.set(path, stored)
  return { body: Buffer.alloc(0), etag: stored.etag }
}

/** The encoding `aws-chunked` of streamed bodies. */
function dechunk(body: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let at = 0; at < body.length;) {
    const end = body.indexOf('\r\n', at)
    const size = Number.parseInt(body.subarray(at, end).toString().split(';')[0] ?? '0', 16)
    if (!(size > 0)) break
    chunks.push(body.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
  return Buffer.concat(chunks)
}

/**
 * The option namespaces of Elastic Beanstalk that the deployment may use, each with its options and what a value may be.
 *
 * Source: AWS, "General options for all environments" (docs.aws.amazon.com/elasticbeanstalk/latest/dg/
 * command-options-general.html; the text read is doc_source/command-options-general.md of the repository
 * awsdocs/aws-elastic-beanstalk-developer-guide). Marked "later": not in that text, known from the newer pages
 * "Fetching secrets and parameters to Elastic Beanstalk environment variables" and the launch template notes.
 */
export type ValueRule = 'text' | readonly string[] | readonly [min: number, max: number] | RegExp

const flag = ['true', 'false'] as const
const retentionDays = ['1', '3', '5', '7', '14', '30', '60', '90', '120', '150', '180', '365', '400', '545', '731']
const listener = {
  DefaultProcess: 'text',
  ListenerEnabled: flag,
  Protocol: ['HTTP', 'HTTPS'],
  Rules: 'text',
  SSLCertificateArns: /^arn:aws[a-z-]*:(acm|iam):/,
  SSLPolicy: 'text',
} as const

export const knownOptions: Readonly<Record<string, Readonly<Record<string, ValueRule>>>> = {
  'aws:autoscaling:asg': {
    'Availability Zones': ['Any', 'Any 1', 'Any 2', 'Any 3'],
    Cooldown: [0, 10_000],
    'Custom Availability Zones': 'text',
    MinSize: [1, 10_000],
    MaxSize: [1, 10_000],
  },
  'aws:autoscaling:launchconfiguration': {
    DisableIMDSv1: flag,
    EC2KeyName: 'text',
    IamInstanceProfile: 'text',
    ImageId: /^ami-/,
    MonitoringInterval: ['1 minute', '5 minute'],
    SecurityGroups: /^sg-[^,]+(,sg-[^,]+)*$/,
    SSHSourceRestriction: 'text',
    BlockDeviceMappings: 'text',
    // gp3 is later.
    RootVolumeType: ['standard', 'gp2', 'gp3', 'io1'],
    RootVolumeSize: [8, 16_384],
    RootVolumeIOPS: [100, 20_000],
  },
  'aws:autoscaling:trigger': {
    BreachDuration: [1, 600],
    LowerBreachScaleIncrement: /^-?\d+%?$/,
    LowerThreshold: [0, 20_000_000],
    MeasureName: [
      'CPUUtilization',
      'NetworkIn',
      'NetworkOut',
      'DiskWriteOps',
      'DiskReadBytes',
      'DiskReadOps',
      'DiskWriteBytes',
      'Latency',
      'RequestCount',
      'HealthyHostCount',
      'UnhealthyHostCount',
      'TargetResponseTime',
    ],
    Period: [1, 600],
    EvaluationPeriods: [1, 600],
    Statistic: ['Minimum', 'Maximum', 'Sum', 'Average'],
    Unit: ['Seconds', 'Percent', 'Bytes', 'Bits', 'Count', 'Bytes/Second', 'Bits/Second', 'Count/Second', 'None'],
    UpperBreachScaleIncrement: /^\d+%?$/,
    UpperThreshold: [0, 20_000_000],
  },
  'aws:autoscaling:updatepolicy:rollingupdate': {
    MaxBatchSize: [1, 10_000],
    MinInstancesInService: [0, 9_999],
    RollingUpdateEnabled: flag,
    RollingUpdateType: ['Time', 'Health', 'Immutable'],
    PauseTime: /^PT/,
    Timeout: /^PT/,
  },
  'aws:ec2:instances': {
    EnableSpot: flag,
    InstanceTypes: /^[a-z0-9-]+\.[a-z0-9]+(,[a-z0-9-]+\.[a-z0-9]+){0,9}$/,
    SpotFleetOnDemandBase: [0, 10_000],
    SpotFleetOnDemandAboveBasePercentage: [0, 100],
    SpotMaxPrice: 'text',
    // Later.
    SupportedArchitectures: ['x86_64', 'arm64'],
  },
  'aws:ec2:vpc': {
    VPCId: /^vpc-/,
    Subnets: /^subnet-[^,]+(,subnet-[^,]+)*$/,
    ELBSubnets: /^subnet-[^,]+(,subnet-[^,]+)*$/,
    ELBScheme: ['public', 'internal'],
    DBSubnets: 'text',
    AssociatePublicIpAddress: flag,
  },
  'aws:elasticbeanstalk:cloudwatch:logs': {
    StreamLogs: flag,
    DeleteOnTerminate: flag,
    RetentionInDays: retentionDays,
  },
  'aws:elasticbeanstalk:cloudwatch:logs:health': {
    HealthStreamingEnabled: flag,
    DeleteOnTerminate: flag,
    RetentionInDays: retentionDays,
  },
  'aws:elasticbeanstalk:command': {
    DeploymentPolicy: ['AllAtOnce', 'Rolling', 'RollingWithAdditionalBatch', 'Immutable', 'TrafficSplitting'],
    Timeout: [1, 3_600],
    BatchSizeType: ['Percentage', 'Fixed'],
    BatchSize: [1, 100],
    IgnoreHealthCheck: flag,
  },
  'aws:elasticbeanstalk:environment': {
    EnvironmentType: ['SingleInstance', 'LoadBalanced'],
    ServiceRole: 'text',
    LoadBalancerType: ['classic', 'application', 'network'],
  },
  'aws:elasticbeanstalk:environment:process:default': {
    DeregistrationDelay: [0, 3_600],
    HealthCheckInterval: [5, 300],
    HealthCheckPath: /^\//,
    HealthCheckTimeout: [1, 60],
    HealthyThresholdCount: [2, 10],
    MatcherHTTPCode: /^\d{3}(-\d{3})?(,\d{3})*$/,
    Port: [1, 65_535],
    Protocol: ['HTTP', 'HTTPS'],
    StickinessEnabled: flag,
    StickinessLBCookieDuration: [1, 604_800],
    StickinessType: ['lb_cookie'],
    UnhealthyThresholdCount: [2, 10],
  },
  'aws:elasticbeanstalk:healthreporting:system': {
    SystemType: ['basic', 'enhanced'],
    ConfigDocument: 'text',
    HealthCheckSuccessThreshold: ['Ok', 'Warning', 'Degraded', 'Severe'],
  },
  'aws:elasticbeanstalk:hostmanager': { LogPublicationControl: flag },
  'aws:elasticbeanstalk:managedactions': {
    ManagedActionsEnabled: flag,
    PreferredStartTime: /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun):\d{2}:\d{2}$/,
    ServiceRoleForManagedUpdates: 'text',
  },
  'aws:elasticbeanstalk:managedactions:platformupdate': {
    UpdateLevel: ['patch', 'minor'],
    InstanceRefreshEnabled: flag,
  },
  'aws:elasticbeanstalk:sns:topics': {
    'Notification Endpoint': 'text',
    'Notification Protocol': ['http', 'https', 'email', 'email-json', 'sqs'],
    'Notification Topic ARN': /^arn:aws[a-z-]*:sns:/,
    'Notification Topic Name': 'text',
  },
  'aws:elasticbeanstalk:sqsd': {
    WorkerQueueURL: /^https:\/\/sqs\./,
    HttpPath: /^\//,
    MimeType: 'text',
    HttpConnections: [1, 100],
    ConnectTimeout: [1, 60],
    InactivityTimeout: [1, 36_000],
    VisibilityTimeout: [0, 43_200],
    ErrorVisibilityTimeout: [0, 43_200],
    RetentionPeriod: [60, 1_209_600],
    MaxRetries: [1, 100],
  },
  'aws:elasticbeanstalk:trafficsplitting': { NewVersionPercent: [1, 100], EvaluationTime: [3, 600] },
  'aws:elasticbeanstalk:xray': { XRayEnabled: flag },
  'aws:elbv2:listener:default': listener,
  'aws:elbv2:listener:443': listener,
  'aws:elbv2:loadbalancer': {
    AccessLogsS3Bucket: 'text',
    AccessLogsS3Enabled: flag,
    AccessLogsS3Prefix: 'text',
    IdleTimeout: [1, 3_600],
    ManagedSecurityGroup: /^sg-/,
    SecurityGroups: /^sg-[^,]+(,sg-[^,]+)*$/,
  },
}

/** Namespaces whose options are names of environment variables. `environmentsecrets` is later. */
export const environmentNamespaces = {
  plain: 'aws:elasticbeanstalk:application:environment',
  secrets: 'aws:elasticbeanstalk:application:environmentsecrets',
} as const

/** @returns what is wrong with an option setting, or undefined */
export function optionProblem({
  Namespace: namespace,
  OptionName: name,
  Value: value,
}: OptionSetting): string | undefined {
  if (namespace === environmentNamespaces.secrets)
    return /^arn:aws[a-z-]*:(secretsmanager|ssm):/.test(value) ? undefined : `${name} is no ARN of a secret`
  if (namespace === environmentNamespaces.plain)
    return /^[A-Z_][A-Z0-9_]*$/.test(name) ? undefined : `${name} is no name of an environment variable`
  const rule = knownOptions[namespace]?.[name]
  if (rule === undefined) return `${namespace} has no option ${name}`
  return isAllowed(rule, value) ? undefined : `${namespace} ${name} may not be "${value}"`
}

export interface OptionSetting {
  Namespace: string
  OptionName: string
  Value: string
}

function isAllowed(rule: ValueRule, value: string): boolean {
  if (value === '') return false
  if (rule === 'text') return true
  if (rule instanceof RegExp) return rule.test(value)
  const [min, max] = rule
  if (typeof min === 'number' && typeof max === 'number')
    return /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max
  return rule.some((allowed) => allowed === value)
}

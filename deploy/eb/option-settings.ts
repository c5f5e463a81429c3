import type { Infrastructure } from '../release/infrastructure.ts'
import type { ReleaseSettings } from '../release/release-settings.ts'
import { environmentNamespaces, type OptionSetting } from './known-options.ts'

export interface OptionInput {
  infrastructure: Infrastructure
  settings: ReleaseSettings
  /** Instances that it starts with: the size of the environment it replaces, at least `minSize`. */
  size: number
}

/** Idle timeout of the balancer, s. nginx keeps connections longer (75 s): deploy/eb/files/.platform/nginx/nginx.conf. */
export const balancerIdleSeconds = 60
/** Time in which a balancer stops sending, and the shop finishes, ms. */
export const drainMs = 12_000
export const shutdownMs = 20_000
const healthCheckSeconds = 10

type Options = Record<string, Record<string, string | number | boolean>>

/** Option settings of the web tier: an application balancer before at least `minSize` instances. */
export function webOptionSettings({ infrastructure, settings, size }: OptionInput): OptionSetting[] {
  const tier = settings.web
  return toOptionSettings({
    ...common({ infrastructure, settings, size }, 'web'),
    'aws:ec2:vpc': {
      ...network(infrastructure),
      ELBSubnets: infrastructure.PublicSubnetIds.join(','),
      ELBScheme: 'public',
    },
    'aws:elbv2:loadbalancer': {
      IdleTimeout: balancerIdleSeconds,
      SecurityGroups: infrastructure.BalancerSecurityGroupId,
      ManagedSecurityGroup: infrastructure.BalancerSecurityGroupId,
    },
    // Port 80 is closed: browsers come by HTTPS (HSTS), and the domain's records point to it.
    'aws:elbv2:listener:default': { ListenerEnabled: false },
    'aws:elbv2:listener:443': {
      Protocol: 'HTTPS',
      SSLCertificateArns: infrastructure.CertificateArn,
      SSLPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
    },
    'aws:elasticbeanstalk:environment:process:default': {
      Port: 80,
      Protocol: 'HTTP',
      HealthCheckPath: '/readyz',
      HealthCheckInterval: healthCheckSeconds,
      HealthCheckTimeout: 5,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 3,
      MatcherHTTPCode: '200',
      // Longer than a request may take (REQUEST_TIMEOUT_MS, 10 s); event streams reconnect elsewhere.
      DeregistrationDelay: 30,
      StickinessEnabled: false,
    },
    'aws:autoscaling:trigger': {
      MeasureName: 'CPUUtilization',
      Statistic: 'Average',
      Unit: 'Percent',
      Period: 1,
      EvaluationPeriods: 2,
      BreachDuration: 2,
      UpperThreshold: 60,
      UpperBreachScaleIncrement: Math.max(1, Math.ceil(tier.minSize / 3)),
      LowerThreshold: 25,
      LowerBreachScaleIncrement: -1,
    },
    [environmentNamespaces.plain]: {
      ...commonEnvironment({ infrastructure, settings, size }),
      HOLDFAST_TIER: 'web',
      HOLDFAST_PROCESSES: 'auto',
      PORT: 8080,
      HOST: '127.0.0.1',
      METRICS_PORT: 9464,
      METRICS_HOST: '127.0.0.1',
      TRUST_PROXY: `loopback,${infrastructure.VpcCidr}`,
    },
  })
}

/**
 * Option settings of the worker tier: an auto scaling group without a balancer. The worker's health is served on the port
 * that nginx forwards to, so that the platform sees it; /metrics is not forwarded.
 */
export function workerOptionSettings({ infrastructure, settings, size }: OptionInput): OptionSetting[] {
  return toOptionSettings({
    ...common({ infrastructure, settings, size }, 'worker'),
    'aws:ec2:vpc': network(infrastructure),
    'aws:autoscaling:trigger': {
      MeasureName: 'CPUUtilization',
      Statistic: 'Average',
      Unit: 'Percent',
      Period: 1,
      EvaluationPeriods: 3,
      BreachDuration: 3,
      UpperThreshold: 70,
      UpperBreachScaleIncrement: 1,
      LowerThreshold: 20,
      LowerBreachScaleIncrement: -1,
    },
    'aws:elasticbeanstalk:sqsd': {
      WorkerQueueURL: infrastructure.InboxQueueUrl,
      HttpPath: '/inbox',
      MimeType: 'application/json',
      HttpConnections: 10,
      ConnectTimeout: 5,
      InactivityTimeout: 60,
      VisibilityTimeout: 120,
      ErrorVisibilityTimeout: 30,
      MaxRetries: 20,
    },
    [environmentNamespaces.plain]: {
      ...commonEnvironment({ infrastructure, settings, size }),
      HOLDFAST_TIER: 'worker',
      PORT: 8080,
      METRICS_PORT: 8080,
      METRICS_HOST: '127.0.0.1',
    },
  })
}

const network = (infrastructure: Infrastructure) => ({
  VPCId: infrastructure.VpcId,
  Subnets: infrastructure.AppSubnetIds.join(','),
  AssociatePublicIpAddress: false,
})

function common({ infrastructure, settings, size }: OptionInput, name: 'web' | 'worker'): Options {
  const tier = settings[name]
  const isWeb = name === 'web'
  return {
    'aws:elasticbeanstalk:environment': {
      ServiceRole: infrastructure.ServiceRoleArn,
      ...(isWeb ? { EnvironmentType: 'LoadBalanced', LoadBalancerType: 'application' } : {}),
    },
    'aws:autoscaling:asg': {
      MinSize: Math.min(Math.max(size, tier.minSize), tier.maxSize),
      MaxSize: tier.maxSize,
      Cooldown: 120,
    },
    'aws:ec2:instances': {
      InstanceTypes: tier.instanceTypes.join(','),
      SupportedArchitectures: 'x86_64',
      EnableSpot: false,
    },
    'aws:autoscaling:launchconfiguration': {
      IamInstanceProfile: isWeb ? infrastructure.WebInstanceProfile : infrastructure.WorkerInstanceProfile,
      SecurityGroups: isWeb ? infrastructure.WebSecurityGroupId : infrastructure.WorkerSecurityGroupId,
      DisableIMDSv1: true,
      MonitoringInterval: '1 minute',
      RootVolumeType: 'gp3',
      RootVolumeSize: 20,
    },
    'aws:autoscaling:updatepolicy:rollingupdate': {
      RollingUpdateEnabled: true,
      RollingUpdateType: 'Health',
      MaxBatchSize: 1,
      MinInstancesInService: Math.max(1, tier.minSize - 1),
    },
    'aws:elasticbeanstalk:command': {
      DeploymentPolicy: 'RollingWithAdditionalBatch',
      BatchSizeType: 'Fixed',
      BatchSize: 1,
      Timeout: 600,
      IgnoreHealthCheck: false,
    },
    'aws:elasticbeanstalk:healthreporting:system': { SystemType: 'enhanced', HealthCheckSuccessThreshold: 'Ok' },
    'aws:elasticbeanstalk:managedactions': {
      ManagedActionsEnabled: true,
      PreferredStartTime: 'Tue:03:00',
      ServiceRoleForManagedUpdates: 'AWSServiceRoleForElasticBeanstalkManagedUpdates',
    },
    'aws:elasticbeanstalk:managedactions:platformupdate': { UpdateLevel: 'minor', InstanceRefreshEnabled: true },
    'aws:elasticbeanstalk:cloudwatch:logs': { StreamLogs: true, DeleteOnTerminate: false, RetentionInDays: 30 },
    'aws:elasticbeanstalk:cloudwatch:logs:health': {
      HealthStreamingEnabled: true,
      DeleteOnTerminate: false,
      RetentionInDays: 30,
    },
    'aws:elasticbeanstalk:hostmanager': { LogPublicationControl: true },
    'aws:elasticbeanstalk:sns:topics': { 'Notification Topic ARN': infrastructure.AlarmTopicArn },
    [environmentNamespaces.secrets]: {
      HOLDFAST_DATABASE_SECRET: infrastructure.DatabaseSecretArn,
      HOLDFAST_REDIS_SECRET: infrastructure.RedisAuthSecretArn,
      HOLDFAST_SHOP_SECRET: infrastructure.ShopSecretArn,
      HOLDFAST_PROVIDER_SECRET: infrastructure.ProviderSecretArn,
    },
  }
}

function commonEnvironment({ infrastructure, settings }: OptionInput): Record<string, string | number | boolean> {
  return {
    NODE_ENV: 'production',
    DATA_DIR: '/tmp/holdfast',
    SHOP_URL: new URL(settings.shopUrl).origin,
    DRAIN_MS: drainMs,
    SHUTDOWN_MS: shutdownMs,
    HOLDFAST_DATABASE_ENDPOINT: `${infrastructure.DatabaseEndpoint}:${infrastructure.DatabasePort}`,
    HOLDFAST_DATABASE_NAME: infrastructure.DatabaseName,
    HOLDFAST_QUEUE_ENDPOINT: infrastructure.QueueRedisEndpoint,
    HOLDFAST_CACHE_ENDPOINT: infrastructure.CacheRedisEndpoint,
    ...settings.environment,
  }
}

/** Sorted, so that two releases of the same settings make the same call. */
const toOptionSettings = (options: Options): OptionSetting[] =>
  Object.entries(options)
    .flatMap(([namespace, values]) =>
      Object.entries(values).map(([name, value]) => ({ Namespace: namespace, OptionName: name, Value: String(value) })),
    )
    .toSorted((one, other) => compare(one.Namespace, other.Namespace) || compare(one.OptionName, other.OptionName))

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/** Attributes of the target group, for which Beanstalk has no options; see README.md, Balancing. */
export function targetGroupAttributes(algorithm: ReleaseSettings['balancing']): { Key: string; Value: string }[] {
  return [
    { Key: 'load_balancing.algorithm.type', Value: algorithm },
    {
      Key: 'load_balancing.algorithm.anomaly_mitigation',
      Value: algorithm === 'weighted_random' ? 'on' : 'off',
    },
  ]
}

import { optionProblem } from '../../eb/known-options.ts'
import { AwsFailure, type Member, type Parameters, type Xml } from './protocol.ts'
import type { FakeEnvironment, World } from './world.ts'

const invalid = (message: string): AwsFailure => new AwsFailure('InvalidParameterValue', message)
const iso = (ms: number): string => new Date(ms).toISOString()
export const platformArn = (version: string): string =>
  `arn:aws:elasticbeanstalk:eu-central-1::platform/Node.js 24 running on 64bit Amazon Linux 2023/${version}`

type Action = (world: World, parameters: Parameters) => Xml

/** The actions of the API that a release uses, each refusing what the real one refuses. */
export const beanstalkActions: Readonly<Record<string, Action>> = {
  DescribeEnvironments(world, parameters) {
    const environments = world.environments.filter(
      ({ status }) => status !== 'Terminated' || parameters.text('IncludeDeleted') === 'true',
    )
    return { Environments: environments.map((each) => describe(world, each)) }
  },

  ListPlatformVersions(_, parameters) {
    const filters = parameters.members('Filters')
    const isNode = filters.some(
      (filter) =>
        filter.text('Type') === 'PlatformBranchName' &&
        filter.text('Values.member.1')?.startsWith('Node.js 24') === true,
    )
    const versions = isNode ? ['6.9.1', '6.10.0', '6.2.3'] : []
    return {
      PlatformSummaryList: versions.map((version) => ({ PlatformArn: platformArn(version), PlatformVersion: version })),
    }
  },

  CreateStorageLocation: (world) => ({ S3Bucket: `elasticbeanstalk-${world.region}-${world.account}` }),

  CreateApplicationVersion(world, parameters) {
    const label = parameters.required('VersionLabel')
    if (world.versions.has(label)) throw invalid(`Application Version ${label} already exists.`)
    const key = `${parameters.required('SourceBundle.S3Bucket')}/${parameters.required('SourceBundle.S3Key')}`
    if (!world.objects.has(key)) throw invalid(`Unable to download from S3 location (${key}). Reason: Not Found`)
    world.versions.set(label, world.faults.rejectedBundle === true ? 'FAILED' : 'UNPROCESSED')
    return { ApplicationVersion: { VersionLabel: label, Status: 'UNPROCESSED' } }
  },

  DescribeApplicationVersions(world, parameters) {
    const label = parameters.text('VersionLabels.member.1') ?? ''
    const status = world.versions.get(label)
    if (status === undefined) return { ApplicationVersions: [] }
    // Processed by the time of the next look.
    if (status === 'UNPROCESSED') world.versions.set(label, 'PROCESSED')
    return { ApplicationVersions: [{ VersionLabel: label, Status: status }] }
  },

  CheckDNSAvailability(world, parameters) {
    const prefix = parameters.required('CNAMEPrefix')
    return { Available: isNameFree(world, prefix), FullyQualifiedCNAME: cnameOf(world, prefix) }
  },

  ValidateConfigurationSettings(world, parameters) {
    if (world.find(parameters.required('EnvironmentName')) === undefined) throw invalid('No Environment found.')
    const problems = optionsOf(parameters).flatMap((option) => optionProblem(option) ?? [])
    const rejected = world.faults.rejectedOption === true ? ['MinSize is above the quota'] : []
    return {
      Messages: [...problems, ...rejected].map((message) => ({
        Severity: 'error',
        Namespace: 'aws:autoscaling:asg',
        OptionName: 'MinSize',
        Message: message,
      })),
    }
  },

  CreateEnvironment(world, parameters) {
    const name = parameters.required('EnvironmentName')
    if (!/^[a-zA-Z0-9][a-zA-Z0-9-]{2,38}[a-zA-Z0-9]$/.test(name))
      throw invalid(`Value ${name} at 'EnvironmentName' failed to satisfy constraint`)
    if (world.find(name) !== undefined || world.foreignNames.has(name))
      throw invalid(`Environment ${name} already exists.`)
    const version = requireVersion(world, parameters)
    if (parameters.required('PlatformArn') !== platformArn('6.10.0')) throw invalid('No Platform found for the ARN.')
    const isWorker = parameters.text('Tier.Name') === 'Worker'
    const prefix = parameters.text('CNAMEPrefix')
    if (isWorker && prefix !== undefined) throw invalid('CNAMEPrefix is not supported for worker environments.')
    if (prefix !== undefined && !isNameFree(world, prefix))
      throw invalid(`DNS name (${cnameOf(world, prefix)}) is not available.`)
    const options = applyOptions(new Map(), parameters)
    const environment = world.add({
      name,
      tier: isWorker ? 'Worker' : 'WebServer',
      version,
      cnamePrefix: isWorker ? undefined : prefix,
      status: 'Launching',
      health: 'Pending',
      options,
      size: Number(options.get('aws:autoscaling:asg MinSize') ?? 1),
    })
    launch(world, environment)
    return describe(world, environment)
  },

  UpdateEnvironment(world, parameters) {
    const environment = requireReady(world, parameters.required('EnvironmentName'))
    const options = applyOptions(new Map(environment.options), parameters)
    const version =
      parameters.text('VersionLabel') === undefined ? environment.version : requireVersion(world, parameters)
    const before = environment.version
    environment.status = 'Updating'
    environment.version = version
    world.begin(environment, version === before ? 1 : 15, () => {
      environment.status = 'Ready'
      environment.options = options
      if (world.faults.takenBack === version) {
        environment.version = before
        environment.events.push('Failed to deploy application. The traffic was shifted back.')
      }
      environment.instances = environment.instances.map(() => environment.version)
    })
    return describe(world, environment)
  },

  AbortEnvironmentUpdate(world, parameters) {
    const environment = requireFound(world, parameters.required('EnvironmentName'))
    if (environment.status !== 'Updating')
      throw invalid(
        `Environment named ${environment.name} is in an invalid state for this operation. Must be pending deployment.`,
      )
    const [running = environment.version] = environment.instances
    world.begin(environment, 2, () => {
      environment.status = 'Ready'
      environment.version = running
    })
    return {}
  },

  SwapEnvironmentCNAMEs(world, parameters) {
    const source = requireReady(world, parameters.required('SourceEnvironmentName'))
    const target = requireReady(world, parameters.required('DestinationEnvironmentName'))
    if (source === target || source.tier !== 'WebServer' || target.tier !== 'WebServer')
      throw invalid('Both environments must be of the web server tier, and different.')
    for (const each of [source, target]) each.status = 'Updating'
    const fails = (world.faults.swapFails ?? 0) > 0
    if (fails) world.faults.swapFails = (world.faults.swapFails ?? 0) - 1
    const finish = (): void => {
      if (source.status !== 'Updating' || target.status !== 'Updating') return
      source.status = 'Ready'
      target.status = 'Ready'
      if (fails) return void source.events.push('Failed to swap the CNAMEs.')
      const [one, other] = [source.cnamePrefix, target.cnamePrefix]
      world.setAddress(source, other)
      world.setAddress(target, one)
    }
    world.begin(source, 1, finish)
    world.begin(target, 1, finish)
    return {}
  },

  TerminateEnvironment(world, parameters) {
    const environment = requireFound(world, parameters.required('EnvironmentName'))
    if (environment.status === 'Updating' || environment.status === 'Terminating' || isBusy(world, environment))
      throw notReady(environment)
    environment.status = 'Terminating'
    world.begin(environment, 6, () => {
      environment.status = 'Terminated'
      world.setAddress(environment, undefined)
    })
    return describe(world, environment)
  },

  DescribeEnvironmentResources(world, parameters) {
    const environment = requireFound(world, parameters.required('EnvironmentName'))
    const isLaunched = environment.status !== 'Launching'
    return {
      EnvironmentResources: {
        EnvironmentName: environment.name,
        AutoScalingGroups: isLaunched ? [{ Name: `awseb-${environment.name}` }] : [],
        LoadBalancers:
          isLaunched && environment.tier === 'WebServer' ? [{ Name: balancerArn(world, environment) }] : [],
      },
    }
  },

  DescribeInstancesHealth(world, parameters) {
    const environment = requireFound(world, parameters.required('EnvironmentName'))
    return {
      InstanceHealthList: environment.instances.map((version, index) => ({
        InstanceId: `i-${environment.name}-${index}`,
        HealthStatus: environment.health,
        Deployment: { VersionLabel: version, Status: 'Deployed' },
      })),
    }
  },

  DescribeEvents(world, parameters) {
    const { events } = requireFound(world, parameters.required('EnvironmentName'))
    return { Events: events.map((message) => ({ Message: message, Severity: 'ERROR', EventDate: iso(world.now) })) }
  },

  DescribeConfigurationSettings(world, parameters) {
    const { options } = requireFound(world, parameters.required('EnvironmentName'))
    const settings = [...options].map(([key, value]) => {
      const [namespace = '', ...name] = key.split(' ')
      return { Namespace: namespace, OptionName: name.join(' '), Value: value }
    })
    return { ConfigurationSettings: [{ OptionSettings: settings }] }
  },
}

function launch(world: World, environment: FakeEnvironment): void {
  const { faults } = world
  if (faults.stuckLaunching === environment.name) return
  world.begin(environment, 5, () => {
    if (faults.failsToLaunch === environment.name) {
      environment.status = 'Terminating'
      environment.events.push('Stack named awseb-e-1 aborted operation. Current state: CREATE_FAILED')
      return world.begin(environment, 6, () => (environment.status = 'Terminated'))
    }
    environment.status = 'Ready'
    environment.health = 'Info'
    world.begin(environment, 1, () => {
      environment.health = world.faults.severe === environment.name ? 'Severe' : 'Ok'
      if (environment.health === 'Severe') environment.events.push('100.0 % of the requests are failing with HTTP 5xx.')
      if (world.faults.instanceBehind === environment.name) environment.instances[0] = 'v1'
    })
  })
}

const healthColours = { Ok: 'Green', Info: 'Green', Severe: 'Red', Pending: 'Grey', NoData: 'Grey' } as const

function describe(world: World, environment: FakeEnvironment): Member {
  const { cnamePrefix: prefix } = environment
  return {
    EnvironmentName: environment.name,
    EnvironmentId: `e-${environment.name}`,
    ApplicationName: 'holdfast',
    VersionLabel: environment.version,
    Status: environment.status,
    Health: healthColours[environment.health],
    HealthStatus: environment.health,
    AbortableOperationInProgress: environment.status === 'Updating',
    ...(prefix === undefined ? {} : { CNAME: cnameOf(world, prefix) }),
  }
}

const cnameOf = (world: World, prefix: string): string => `${prefix}.${world.region}.elasticbeanstalk.com`
const isNameFree = (world: World, prefix: string): boolean =>
  !world.foreignNames.has(prefix) &&
  !world.environments.some((each) => each.cnamePrefix === prefix && each.status !== 'Terminated')

export const balancerArn = (world: World, { name }: FakeEnvironment): string =>
  `arn:aws:elasticloadbalancing:${world.region}:${world.account}:loadbalancer/app/awseb-${name}/0123456789abcdef`

function requireFound(world: World, name: string): FakeEnvironment {
  const found = world.find(name)
  if (found === undefined) throw invalid(`No Environment found for EnvironmentName = '${name}'.`)
  return found
}

function requireReady(world: World, name: string): FakeEnvironment {
  const found = requireFound(world, name)
  if (found.status !== 'Ready' || isBusy(world, found)) throw notReady(found)
  return found
}

const isBusy = ({ faults, now }: World, { name }: FakeEnvironment): boolean =>
  faults.busy?.name === name && now < faults.busy.until
const notReady = ({ name }: FakeEnvironment): AwsFailure =>
  invalid(`Environment named ${name} is in an invalid state for this operation. Must be Ready.`)

function requireVersion(world: World, parameters: Parameters): string {
  const version = parameters.required('VersionLabel')
  const status = world.versions.get(version)
  if (status === undefined) throw invalid(`No Application Version named '${version}' found.`)
  if (status !== 'PROCESSED') throw invalid(`Application version ${version} is not processed.`)
  return version
}

const optionsOf = (parameters: Parameters) =>
  parameters.members('OptionSettings').map((option) => ({
    Namespace: option.required('Namespace'),
    OptionName: option.required('OptionName'),
    Value: option.text('Value') ?? '',
  }))

function applyOptions(options: Map<string, string>, parameters: Parameters): Map<string, string> {
  for (const option of optionsOf(parameters)) {
    const problem = optionProblem(option)
    if (problem !== undefined)
      throw new AwsFailure(
        'ConfigurationValidationException',
        `Configuration validation exception: Invalid option specification (${problem})`,
      )
    options.set(`${option.Namespace} ${option.OptionName}`, option.Value)
  }
  return options
}

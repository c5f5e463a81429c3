import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { InstanceType, SecurityGroup, type ISecurityGroup, type IVpc } from 'aws-cdk-lib/aws-ec2'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import {
  AuroraPostgresEngineVersion,
  CaCertificate,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  DatabaseSecret,
  ParameterGroup,
  type ProvisionedClusterInstanceProps,
} from 'aws-cdk-lib/aws-rds'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import { createLogGroup } from './log-group.ts'
import { subnetGroups } from './network.ts'
import { databaseUsers } from './secrets.ts'
import type { SecurityGroups } from './security-groups.ts'
import { acknowledge, type ShopStack } from './shop-stack.ts'

export const databaseName = 'holdfast'

/** Identifier of the cluster, for alarms: a name, so that monitoring needs no reference that would hold the stack. */
export const databaseIdentifier = (shopName: string): string => `${shopName}-database`

/**
 * Parameters of the cluster. The program sets shorter timeouts for its own sessions (src/db/pool.ts); these bound
 * everybody else, such as migrations and staff with psql. Statements are not logged: they would hold personal data.
 */
export const parametersOf = (maxConnections: number): Record<string, string> => ({
  'rds.force_ssl': '1',
  ssl_min_protocol_version: 'TLSv1.2',
  max_connections: String(maxConnections),
  lock_timeout: '5000',
  idle_in_transaction_session_timeout: '30000',
  log_lock_waits: '1',
  timezone: 'UTC',
})

export interface Database {
  cluster: DatabaseCluster
  /** Of the owner of the schema: migrations and administration. */
  ownerSecret: ISecret
  /** Of the program. */
  programSecret: ISecret
}

/**
 * Aurora PostgreSQL 17: a commit is stored in three zones before it is acknowledged, and a reader in another zone takes the
 * writer's place.
 */
export function createDatabase(
  stack: ShopStack,
  { vpc, groups, key }: { vpc: IVpc; groups: SecurityGroups; key: IKey },
): Database {
  const { database } = stack.size
  const engine = DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_9 })
  const identifier = databaseIdentifier(stack.settings.name)
  const logs = createLogGroup(stack, 'DatabaseLogs', { name: `/aws/rds/cluster/${identifier}/postgresql`, key })
  const instance: ProvisionedClusterInstanceProps = {
    instanceType: new InstanceType(database.instanceClass),
    publiclyAccessible: false,
    autoMinorVersionUpgrade: true,
    caCertificate: CaCertificate.RDS_CA_RSA2048_G1,
    enablePerformanceInsights: true,
    performanceInsightEncryptionKey: key,
  }
  const owner = new DatabaseSecret(stack, 'DatabaseOwnerSecret', {
    username: databaseUsers.owner,
    secretName: `${stack.settings.name}/database-owner`,
    encryptionKey: key,
    dbname: databaseName,
  })
  const cluster = new DatabaseCluster(stack, 'Database', {
    clusterIdentifier: identifier,
    engine,
    credentials: Credentials.fromSecret(owner),
    defaultDatabaseName: databaseName,
    vpc,
    vpcSubnets: { subnetGroupName: subnetGroups.data },
    securityGroups: [frozen(stack, 'Postgres', groups.postgres)],
    writer: ClusterInstance.provisioned('Writer', instance),
    readers: Array.from({ length: database.readers }, (_, index) =>
      ClusterInstance.provisioned(`Reader${index + 1}`, { ...instance, promotionTier: index + 1 }),
    ),
    parameterGroup: new ParameterGroup(stack, 'DatabaseParameters', {
      engine,
      description: `Holdfast: TLS, timeouts and connections of ${identifier}`,
      parameters: parametersOf(database.maxConnections),
    }),
    storageEncrypted: true,
    storageEncryptionKey: key,

    backup: { retention: Duration.days(database.backupDays), preferredWindow: '02:00-03:00' },
    preferredMaintenanceWindow: 'tue:03:30-tue:04:30',
    copyTagsToSnapshot: true,
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
    iamAuthentication: true,
    cloudwatchLogsExports: ['postgresql'],
  })
  cluster.node.addDependency(logs)
  acknowledge(cluster, {
    'AwsSolutions-RDS11':
      'Another port hides nothing: Postgres has no route from the internet, and its security group admits instances of the shop only.',
  })

  const program = new DatabaseSecret(stack, 'DatabaseProgramSecret', {
    username: databaseUsers.program,
    secretName: `${stack.settings.name}/database`,
    encryptionKey: key,
    masterSecret: owner,
    dbname: databaseName,
  })
  const programSecret = program.attach(cluster)
  owner.applyRemovalPolicy(RemovalPolicy.RETAIN)
  program.applyRemovalPolicy(RemovalPolicy.RETAIN)
  const rotation = {
    vpcSubnets: { subnetGroupName: subnetGroups.app },
    securityGroup: frozen(stack, 'Rotation', groups.rotation),
    excludeCharacters: ' %+~`#$&*()|[]{}:;<>?!\'/@"\\',
  }
  // Instances read credentials once, when they start. Two users alternate, so that a password stays valid until the
  // rotation after next; weekly managed updates replace every instance long before.
  cluster.addRotationMultiUser('ProgramRotation', {
    ...rotation,
    secret: programSecret,
    automaticallyAfter: Duration.days(30),
  })
  // Nothing keeps the owner's password: a migration reads it when it runs.
  cluster.addRotationSingleUser({ ...rotation, automaticallyAfter: Duration.days(30) })
  return { cluster, ownerSecret: cluster.secret ?? owner, programSecret }
}

/** The group by its id: constructs cannot add rules to it, which would make the network depend on the data. */
const frozen = (stack: ShopStack, id: string, group: ISecurityGroup): ISecurityGroup =>
  SecurityGroup.fromSecurityGroupId(stack, `${id}Group`, group.securityGroupId, { mutable: false })

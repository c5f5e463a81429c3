import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { resourcesOf, sampleSettings, templatesOf } from './sample.fixture.ts'
import { generators } from './secrets.ts'
import { sizeNames, sizes } from './sizes.ts'

describe.each(sizeNames)('Data of a shop of size %s', (name) => {
  const size = sizes[name]
  const { data } = templatesOf(sampleSettings({ size: name }))
  const ofKey = Match.objectLike({ 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] })

  test('Postgres is encrypted, backed up and cannot be deleted by mistake', () => {
    data.hasResource('AWS::RDS::DBCluster', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: Match.objectLike({
        StorageEncrypted: true,
        KmsKeyId: ofKey,
        DeletionProtection: true,
        BackupRetentionPeriod: size.database.backupDays,
      }),
    })
    expect(size.database.backupDays).toBeGreaterThanOrEqual(7)
  })

  test('Postgres has a writer and readers, none of them public', () => {
    const instances = resourcesOf(data, 'AWS::RDS::DBInstance')
    expect(instances).toHaveLength(1 + size.database.readers)
    for (const [, instance] of instances) expect(instance).toMatchObject({ PubliclyAccessible: false })
  })

  test('Postgres demands TLS, and bounds locks, idle transactions and connections', () => {
    data.hasResourceProperties('AWS::RDS::DBClusterParameterGroup', {
      Parameters: Match.objectLike({
        'rds.force_ssl': '1',
        ssl_min_protocol_version: 'TLSv1.2',
        lock_timeout: '5000',
        idle_in_transaction_session_timeout: '30000',
        max_connections: String(size.database.maxConnections),
      }),
    })
  })

  test('Both Redis survive a zone, and demand TLS and a password', () => {
    const groups = resourcesOf(data, 'AWS::ElastiCache::ReplicationGroup')
    expect(groups).toHaveLength(2)
    for (const [, group] of groups) {
      expect(group).toMatchObject({
        Engine: 'valkey',
        MultiAZEnabled: true,
        AutomaticFailoverEnabled: true,
        AtRestEncryptionEnabled: true,
        TransitEncryptionEnabled: true,
        TransitEncryptionMode: 'required',
        ClusterMode: 'disabled',
      })
      expect(group.NumCacheClusters).toBeGreaterThanOrEqual(2)
      expect(JSON.stringify(group.AuthToken)).toMatch(/resolve:secretsmanager/)
      expect(group.KmsKeyId).toBeDefined()
    }
  })

  test('The queue evicts nothing, the cache evicts what is rarely used', () => {
    const policyOf = (id: string): unknown => {
      const [, group] =
        resourcesOf(data, 'AWS::ElastiCache::ReplicationGroup').find(([each]) => each.startsWith(id)) ?? []
      const [, parameters] =
        resourcesOf(data, 'AWS::ElastiCache::ParameterGroup').find(
          ([each]) => each === group.CacheParameterGroupName.Ref,
        ) ?? []
      return parameters.Properties['maxmemory-policy']
    }
    expect(policyOf('queue')).toBe('noeviction')
    expect(policyOf('cache')).toBe('allkeys-lfu')
  })
})

describe('Data of a shop', () => {
  const { data } = templatesOf(sampleSettings())

  test('The key rotates and outlives its stack', () => {
    data.hasResource('AWS::KMS::Key', {
      DeletionPolicy: 'Retain',
      Properties: Match.objectLike({ EnableKeyRotation: true }),
    })
  })

  test('Buckets are private, encrypted, versioned, kept, and reached by TLS alone', () => {
    const buckets = Object.entries(data.findResources('AWS::S3::Bucket'))
    expect(buckets.map(([id]) => id.replace(/Bucket.*/, '')).toSorted()).toEqual(['AccessLog', 'Bundle', 'Media'])
    const policies = resourcesOf(data, 'AWS::S3::BucketPolicy')
    for (const [id, bucket] of buckets) {
      expect(bucket).toMatchObject({
        DeletionPolicy: 'Retain',
        Properties: {
          PublicAccessBlockConfiguration: {
            BlockPublicAcls: true,
            BlockPublicPolicy: true,
            IgnorePublicAcls: true,
            RestrictPublicBuckets: true,
          },
          VersioningConfiguration: { Status: 'Enabled' },
        },
      })
      const [encryption] = bucket.Properties.BucketEncryption.ServerSideEncryptionConfiguration
      expect(encryption.ServerSideEncryptionByDefault.SSEAlgorithm).toBe(
        id.startsWith('AccessLog') ? 'AES256' : 'aws:kms',
      )
      const [, policy] = policies.find(([, { Bucket }]) => Bucket.Ref === id) ?? []
      expect(policy.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      )
    }
  })

  test('Secrets are encrypted with the key and outlive their stack', () => {
    const secrets = Object.values(data.findResources('AWS::SecretsManager::Secret'))
    expect(secrets).toHaveLength(5)
    for (const secret of secrets) {
      expect(secret).toMatchObject({ DeletionPolicy: 'Retain' })
      expect(secret.Properties.KmsKeyId).toBeDefined()
    }
  })

  test('Passwords of Postgres rotate', () => {
    data.resourceCountIs('AWS::SecretsManager::RotationSchedule', 2)
  })

  test('Generators of secrets stay as they are: a change would replace what the owner filled in', () => {
    expect(generators).toEqual({
      shop: {
        secretStringTemplate: '{}',
        generateStringKey: 'SECRET_KEY',
        passwordLength: 64,
        excludePunctuation: true,
      },
      provider: {
        secretStringTemplate:
          '{"PAYMENT_SECRET_KEY":"","PAYMENT_PUBLISHABLE_KEY":"","PAYMENT_WEBHOOK_SECRET":"","SMTP_URL":""}',
        generateStringKey: 'UNUSED',
        passwordLength: 32,
        excludePunctuation: true,
      },
      redis: {
        secretStringTemplate: '{}',
        generateStringKey: 'authToken',
        passwordLength: 64,
        excludePunctuation: true,
      },
    })
  })
})

import type { App } from 'aws-cdk-lib'
import type { Key } from 'aws-cdk-lib/aws-kms'
import { createDatabase, databaseName, type Database } from './database.ts'
import { createKey } from './key.ts'
import type { NetworkStack } from './network-stack.ts'
import { createRedis } from './redis.ts'
import { createSecrets, type ShopSecrets } from './secrets.ts'
import type { Settings } from './settings.ts'
import { ShopStack } from './shop-stack.ts'
import { createBuckets, type Buckets } from './storage.ts'

/** What must never be lost: data, and the secrets and the key that open it. */
export class DataStack extends ShopStack {
  readonly key: Key
  readonly secrets: ShopSecrets
  readonly database: Database
  readonly buckets: Buckets

  constructor(app: App, settings: Settings, { vpc, groups }: NetworkStack) {
    super(app, 'data', settings, 'Holdfast: key, secrets, Aurora PostgreSQL, Valkey, buckets')
    this.key = createKey(this)
    this.secrets = createSecrets(this, this.key)
    this.database = createDatabase(this, { vpc, groups, key: this.key })
    const redis = createRedis(this, { vpc, groups, key: this.key, secret: this.secrets.redis })
    this.buckets = createBuckets(this, this.key)
    const { hostname, port } = this.database.cluster.clusterEndpoint
    this.writeOutputs({
      KmsKeyArn: this.key.keyArn,
      DatabaseSecretArn: this.database.programSecret.secretArn,
      DatabaseOwnerSecretArn: this.database.ownerSecret.secretArn,
      DatabaseEndpoint: hostname,
      DatabasePort: String(port),
      DatabaseName: databaseName,
      QueueRedisEndpoint: redis.queue.attrPrimaryEndPointAddress,
      CacheRedisEndpoint: redis.cache.attrPrimaryEndPointAddress,
      RedisAuthSecretArn: this.secrets.redis.secretArn,
      ShopSecretArn: this.secrets.shop.secretArn,
      ProviderSecretArn: this.secrets.provider.secretArn,
      BundleBucket: this.buckets.bundle.bucketName,
      MediaBucket: this.buckets.media.bucketName,
    })
  }
}

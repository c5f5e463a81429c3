import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership, type BucketProps } from 'aws-cdk-lib/aws-s3'
import { acknowledge, type ShopStack } from './shop-stack.ts'

export interface Buckets {
  /** Bundles of releases; Beanstalk reads them. */
  bundle: Bucket
  /** Pictures of products; CloudFront reads them. */
  media: Bucket
}

/** Private, encrypted, versioned, reached by TLS alone. A deleted object can be restored for 90 days. */
export function createBuckets(stack: ShopStack, key: IKey): Buckets {
  const protection: BucketProps = {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    versioned: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [
      { noncurrentVersionExpiration: Duration.days(90), abortIncompleteMultipartUploadAfter: Duration.days(7) },
    ],
  }
  const logs = new Bucket(stack, 'AccessLogBucket', {
    ...protection,
    encryption: BucketEncryption.S3_MANAGED,
    lifecycleRules: [{ expiration: Duration.days(stack.size.logRetentionDays) }],
  })
  const create = (id: string): Bucket =>
    new Bucket(stack, `${id}Bucket`, {
      ...protection,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      serverAccessLogsBucket: logs,
      serverAccessLogsPrefix: `${id.toLowerCase()}/`,
    })
  acknowledge(logs, { 'AwsSolutions-S1': 'The bucket of the access logs: logging its own accesses would never end.' })
  return { bundle: create('Bundle'), media: create('Media') }
}

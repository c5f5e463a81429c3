import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership, type BucketProps } from 'aws-cdk-lib/aws-s3'
import type { Settings } from './settings.ts'
import { acknowledge, type ShopStack } from './shop-stack.ts'

/** Bundles have a bucket of a known name, so that policies name it without a reference. */
const bundleBucketName = ({ name, account, region }: Settings): string => `${name}-bundle-${account}-${region}`
export const bundleBucketArn = (settings: Settings): string => `arn:aws:s3:::${bundleBucketName(settings)}`

export interface Buckets {
  /** Bundles of releases; Beanstalk reads them. */
  bundle: Bucket
  /** Pictures of products. Private: a distribution that serves them must be added first (README.md). */
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
  const create = (id: string, bucketName?: string): Bucket =>
    new Bucket(stack, `${id}Bucket`, {
      ...protection,
      ...(bucketName !== undefined && { bucketName }),
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      serverAccessLogsBucket: logs,
      serverAccessLogsPrefix: `${id.toLowerCase()}/`,
    })
  acknowledge(logs, { 'AwsSolutions-S1': 'The bucket of the access logs: logging its own accesses would never end.' })
  return { bundle: create('Bundle', bundleBucketName(stack.settings)), media: create('Media') }
}

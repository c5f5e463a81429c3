import { RemovalPolicy } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { ShopStack } from './shop-stack.ts'

/** A log group with the retention of the size. Logs outlive their stack. */
export function createLogGroup(stack: ShopStack, id: string, { name, key }: { name: string; key?: IKey }): LogGroup {
  return new LogGroup(stack, id, {
    logGroupName: name,
    retention: stack.size.logRetentionDays,
    removalPolicy: RemovalPolicy.RETAIN,
    ...(key !== undefined && { encryptionKey: key }),
  })
}

import { RemovalPolicy } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Secret, type SecretStringGenerator } from 'aws-cdk-lib/aws-secretsmanager'
import { acknowledge, type ShopStack } from './shop-stack.ts'

/** Settings of src/config.ts that the owner fills in, in the console or by `aws secretsmanager put-secret-value`. */
export const providerSettings = [
  'PAYMENT_SECRET_KEY',
  'PAYMENT_PUBLISHABLE_KEY',
  'PAYMENT_WEBHOOK_SECRET',
  'SMTP_URL',
] as const

/** Settings of src/config.ts that the shop secret holds. */
export const shopSettings = ['SECRET_KEY'] as const

/** Users of the database. `holdfast_app` is created by database-roles.sql, and `holdfast_app_clone` by the rotation. */
export const databaseUsers = { owner: 'holdfast_owner', program: 'holdfast_app' } as const

/**
 * How values are generated. CloudFormation generates a secret again when its generator changes, and overwrites what the
 * owner filled in: a test pins these. A new setting is added to the secret by hand.
 */
export const generators = {
  shop: { secretStringTemplate: '{}', generateStringKey: 'SECRET_KEY', passwordLength: 64, excludePunctuation: true },
  provider: {
    secretStringTemplate: JSON.stringify(Object.fromEntries(providerSettings.map((name) => [name, '']))),
    generateStringKey: 'UNUSED',
    passwordLength: 32,
    excludePunctuation: true,
  },
  redis: { secretStringTemplate: '{}', generateStringKey: 'authToken', passwordLength: 64, excludePunctuation: true },
} as const satisfies Record<string, SecretStringGenerator>

export interface ShopSecrets {
  shop: Secret
  provider: Secret
  redis: Secret
}

/** Secrets outlive their stack: a new SECRET_KEY would void the access tokens of all orders. */
export function createSecrets(stack: ShopStack, key: IKey): ShopSecrets {
  const create = (id: keyof typeof generators, description: string, whyNoRotation: string): Secret => {
    const secret = new Secret(stack, `${id}Secret`, {
      secretName: `${stack.settings.name}/${id}`,
      description,
      encryptionKey: key,
      generateSecretString: generators[id],
      removalPolicy: RemovalPolicy.RETAIN,
    })
    acknowledge(secret, { 'AwsSolutions-SMG4': whyNoRotation })
    return secret
  }
  return {
    shop: create(
      'shop',
      'SECRET_KEY: access tokens of orders are derived from it',
      'A new SECRET_KEY voids the access tokens in emails that were sent: it is replaced after a leak only, by hand.',
    ),
    provider: create(
      'provider',
      'Payment and SMTP settings, filled in by the owner',
      'The payment provider and the e-mail server issue these: the owner replaces them there.',
    ),
    redis: create(
      'redis',
      'Password of both Redis',
      'ElastiCache has no rotation of its own; README.md, "Replacing the password of Redis", does it without an interruption.',
    ),
  }
}

import { ReleaseError } from './release-error.ts'

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Beanstalk's word for an environment that another operation holds. */
export const isNotReady = (error: unknown): boolean =>
  nameOf(error).startsWith('OperationInProgress') ||
  /must be ready|invalid state|operation (is )?(already )?in progress|pending/i.test(messageOf(error))

/** Beanstalk's word for a name or label that exists. */
export const isTaken = (error: unknown): boolean => /already exists|is not available/i.test(messageOf(error))

export const isPreconditionFailed = (error: unknown): boolean =>
  ['PreconditionFailed', 'ConditionalRequestConflict'].includes(nameOf(error))

export const isNotFound = (error: unknown): boolean =>
  ['NoSuchKey', 'NotFound', 'ResourceNotFoundException', 'WAFNonexistentItemException'].includes(nameOf(error)) ||
  /No Environment found|does not exist/i.test(messageOf(error))

const goOn =
  'then run the command again, or `npm run release -- resume` where `npm run release -- status` shows an unfinished release.'

const table: [names: RegExp, message: string, remedy: string][] = [
  [
    /^(CredentialsProviderError|TokenProviderError)$/,
    'There are no AWS credentials',
    'Sign in (`aws sso login`, or a role of the build), set AWS_PROFILE where several exist, and run the command again.',
  ],
  [
    /^(ExpiredToken|ExpiredTokenException|RequestExpired)$/,
    'The AWS credentials have expired',
    `Sign in again, ${goOn}`,
  ],
  [
    /^(InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException)$/,
    'AWS does not know these credentials',
    'Check AWS_PROFILE and AWS_ACCESS_KEY_ID, then run the command again.',
  ],
  [
    /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|InsufficientPrivilegesException)$/,
    'AWS denies this call',
    `Take the role of the deployer (output DeployerRoleArn of the stacks), or add the permission, ${goOn}`,
  ],
  [
    /^(Throttling|ThrottlingException|TooManyRequestsException|RequestLimitExceeded|SlowDown)$/,
    'AWS throttles the calls',
    `Wait some minutes, ${goOn}`,
  ],
  [
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|TimeoutError|NetworkingError)$/,
    'AWS cannot be reached',
    `Check the network and the region, ${goOn}`,
  ],
  [
    /^(TooManyEnvironmentsException|TooManyApplicationVersionsException|TooManyBucketsException)$/,
    'A quota of the account is used up',
    `Raise the quota or remove what is unused (application versions, environments), ${goOn}`,
  ],
]

/** The failure of a call as something that a person can act on; another error stays as it is. */
export function toReleaseError(error: unknown): unknown {
  if (error instanceof ReleaseError || !(error instanceof Error)) return error
  const code = (error as NodeJS.ErrnoException).code ?? ''
  for (const [names, message, remedy] of table)
    if (names.test(error.name) || names.test(code))
      return new ReleaseError(`${message}: ${error.message}`, { remedy, cause: error })
  if (!('$metadata' in error)) return error
  return new ReleaseError(`AWS refused a call: ${error.name}: ${error.message}`, {
    remedy: `Mend the cause, ${goOn}`,
    cause: error,
  })
}

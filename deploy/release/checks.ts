import type { Aws } from './aws.ts'
import type { Collaborators } from './context.ts'
import { findEnvironment, isHealthy, stateText } from './environments.ts'
import type { Infrastructure } from './infrastructure.ts'
import type { ReleaseRecord } from './record.ts'
import { ReleaseError } from './release-error.ts'

/**
 * Gates before anything changes: the migrations suit the running version, and its environments are Ready and Ok.
 * @throws ReleaseError that names what is not
 */
export async function requireSafe(
  { aws, checkMigrations }: Pick<Collaborators, 'checkMigrations'> & { aws: Aws },
  { ApplicationName: application }: Infrastructure,
  { version, live }: ReleaseRecord,
): Promise<void> {
  await checkMigrations(version, live?.versions.web)
  if (live === undefined) return
  for (const name of [live.web, live.worker]) {
    const found = await findEnvironment(aws, application, name)
    if (found !== undefined && isHealthy(found)) continue
    throw new ReleaseError(`${name} is not well: ${found === undefined ? 'it is missing' : stateText(found)}.`, {
      remedy:
        'A release begins from a healthy shop. Mend or finish what is under way there, then run the command again.',
    })
  }
}

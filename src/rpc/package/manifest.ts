/** What is read of the project's package.json. */
export interface ProjectManifest {
  name: string
  version: string
  license: string
  imports: Record<string, string>
  exports: Record<string, Record<string, string>>
  dependencies: Record<string, string>
}

/** Where prepack writes the published package. */
export const packageDir = 'dist/client'

/** What clients need at run time, or as types of what they do (tRPC's client asks for its server). */
const needed = ['@trpc/client', '@trpc/server', 'eventsource']

/** Older majors that do as well: eventsource 5 asks for Node 22, and npm takes 4 on an older one. */
const alsoGood: Partial<Record<string, string>> = { eventsource: '^4.1.1' }

/** The published package.json: the project's own, with what the client needs and nothing of the server. */
export function manifestOf({ name, version, license, exports, dependencies }: ProjectManifest) {
  return {
    name,
    version,
    description: 'Typed client of a Holdfast shop, for browsers and Node.',
    license,
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20.3' },
    exports: Object.fromEntries(Object.entries(exports).map(([path, conditions]) => [path, inPackage(conditions)])),
    dependencies: Object.fromEntries(needed.map((dependency) => [dependency, rangeOf(dependency, dependencies)])),
  }
}

const inPackage = (conditions: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(conditions).map(([condition, path]) => [condition, path.replace(`./${packageDir}/`, './')]),
  )

function rangeOf(dependency: string, versions: Record<string, string>): string {
  const version = versions[dependency]
  if (version === undefined) throw new Error(`package.json has no dependency ${dependency}, which the client needs.`)
  return [alsoGood[dependency], `^${version}`].filter((range) => range !== undefined).join(' || ')
}

/** The query protocol of AWS: form-encoded parameters in, XML out. */

export interface Member {
  readonly [name: string]: XmlValue
}
export type XmlValue = string | number | boolean | Member | readonly Member[] | readonly string[]
export type Xml = Member

/** An error as AWS answers it. */
export class AwsFailure extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

export interface Parameters {
  text(name: string): string | undefined
  /** @throws AwsFailure when it is missing */
  required(name: string): string
  /** The members of a list, each with its own parameters. */
  members(name: string): Parameters[]
}

export function createParameters(values: ReadonlyMap<string, string>): Parameters {
  return {
    text: (name) => values.get(name),
    required(name) {
      const value = values.get(name)
      if (value === undefined || value === '')
        throw new AwsFailure('MissingParameter', `The request must contain the parameter ${name}.`)
      return value
    },
    members(name) {
      const members: Parameters[] = []
      for (let index = 1; ; index += 1) {
        const prefix = `${name}.member.${index}.`
        const own = new Map(
          [...values].flatMap(([key, value]): [string, string][] =>
            key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
          ),
        )
        if (own.size === 0) return members
        members.push(createParameters(own))
      }
    },
  }
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** A list becomes `<member>` elements, as in the query protocol. */
function render(value: XmlValue): string {
  if (Array.isArray(value)) return value.map((each: XmlValue) => `<member>${render(each)}</member>`).join('')
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([name, each]) => `<${name}>${render(each)}</${name}>`)
      .join('')
  return escape(String(value))
}

export const successXml = (action: string, namespace: string, result: Xml): string =>
  `<${action}Response xmlns="${namespace}"><${action}Result>${render(result)}</${action}Result><ResponseMetadata><RequestId>fake</RequestId></ResponseMetadata></${action}Response>`

export const failureXml = ({ code, message }: AwsFailure): string =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${escape(message)}</Message></Error><RequestId>fake</RequestId></ErrorResponse>`

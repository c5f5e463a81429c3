import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

const reserved = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  reserved.addSubnet(network, prefix)
reserved.addSubnet('fc00::', 7, 'ipv6')
reserved.addSubnet('fe80::', 10, 'ipv6')

/** The host of an address without the brackets of IPv6 and the dot at the end. */
const bare = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')

function isListed(list: BlockList, host: string): boolean {
  const version = isIP(host)
  return version !== 0 && list.check(host, version === 6 ? 'ipv6' : 'ipv4')
}

/** Whether a host is this machine. */
export function isLoopback(name: string): boolean {
  const host = bare(name)
  return host === 'localhost' || host.endsWith('.localhost') || isListed(loopback, host)
}

/** Names that no public DNS has: of one label, or of a reserved top level (RFC 6761, RFC 6762, ICANN's `internal`). */
const isPrivateName = (host: string): boolean => !host.includes('.') || /\.(local|internal|test|invalid)$/.test(host)

/** Whether a host can be reached from the internet, by its name or number alone. */
export function isPublicHost(name: string): boolean {
  const host = bare(name)
  if (isLoopback(host) || isListed(reserved, host)) return false
  return isIP(host) !== 0 || !isPrivateName(host)
}

import { isIPv4, isIPv6 } from 'node:net'

/** The source of a request for rate limits: its IPv4 address, or its IPv6 /64, which belongs to one customer. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  return `${groupsOf(address).slice(0, 4).join(':')}::/64`
}

/** The network of an address for the log: its first 24 bits (IPv4) or 48 bits (IPv6), which name no person. */
export function truncatedNetwork(address: string): string {
  const network = networkOf(address)
  if (network.endsWith('/64')) return `${network.split(':').slice(0, 3).join(':')}::/48`
  return isIPv4(network) ? `${network.split('.').slice(0, 3).join('.')}.0/24` : 'unknown'
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  const [start = [], end = []] = (address.split('%')[0] ?? '')
    .split('::')
    .map((part) => part.split(':').filter(Boolean))
  const groups = [...start, ...Array<string>(Math.max(0, 8 - start.length - end.length)).fill('0'), ...end]
  return groups.map((group) => Number.parseInt(group, 16).toString(16))
}

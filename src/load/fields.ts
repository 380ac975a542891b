/** The smallest parts of what people write: one text, one value, and the complaint when it is none. */
import * as z from 'zod'
import { type EndpointSpec, type EndpointProblem, parseEndpoint } from '../../topology/endpoint.ts'
import { isDomainName, isInterfaceName, isLabel, isReserved, nameProblem } from '../../topology/names.ts'
import { parseService, type Service } from '../../topology/port.ts'
import { isPrefix, parseAddress, parsePrefix, type Prefix } from '../../topology/prefix.ts'
import { parseMilliseconds, parseSize } from '../../topology/quantity.ts'
import type { DiagnosticCode } from '../../topology/diagnostic.ts'

/** Carried by a custom issue, so that each mistake keeps its own code and way out. */
export interface Complaint {
  readonly code: DiagnosticCode
  readonly message: string
  readonly hint?: string
}

/** Text that `read` turns into a value, or complains about. */
function read<T>(into: (text: string) => T | Complaint) {
  return z.string().transform((text, context): T => {
    const value = into(text)
    if (!complains(value)) return value
    context.addIssue({ code: 'custom', message: value.message, params: value })
    return z.NEVER
  })
}

const complains = (value: unknown): value is Complaint =>
  typeof value === 'object' && value !== null && 'code' in value && 'message' in value

const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text)

export const name = read<string>(text => {
  const problem = nameProblem(text)
  return problem === null ? text : { code: 'bad-name', message: `${quoted(text)} is not a name: ${problem}` }
})

export const prefix = read<Prefix>(text => {
  const parsed = parsePrefix(text)
  if (isPrefix(parsed)) return parsed
  if (parsed.kind === 'host-bits')
    return { code: 'host-bits', message: `${quoted(text)} has host bits set`, hint: `The prefix is ${parsed.network}.` }
  return {
    code: 'bad-prefix',
    message: `${quoted(text)} is not a prefix`,
    hint: 'As in 10.64.0.0/10 or "fd5c:8e21:77aa::/48".',
  }
})

export const prefixOf = (family: 'inet' | 'inet6') =>
  read<Prefix>(text => {
    const parsed = parsePrefix(text)
    const word = family === 'inet' ? 'IPv4' : 'IPv6'
    if (!isPrefix(parsed) && parsed.kind === 'host-bits')
      return {
        code: 'host-bits',
        message: `${quoted(text)} has host bits set`,
        hint: `The prefix is ${parsed.network}.`,
      }
    if (!isPrefix(parsed) || parsed.family !== family)
      return { code: 'bad-prefix', message: `${quoted(text)} is not an ${word} prefix` }
    return parsed
  })

const endpointHints: Record<EndpointProblem, Omit<Complaint, 'message'>> = {
  'not-an-endpoint': {
    code: 'bad-endpoint',
    hint: 'An IPv4 or IPv6 address, [IPv6]:port, a DNS name, none, or dynamic.',
  },
  'needs-brackets': { code: 'endpoint-brackets', hint: 'Write [address]:port, as wg(8) does.' },
  'bad-port': { code: 'bad-port', hint: 'A port is 1 to 65535.' },
}

export const endpoint = read<EndpointSpec>(text => {
  const parsed = parseEndpoint(text)
  if (typeof parsed === 'object') return parsed
  const what = parsed === 'needs-brackets' ? 'is an IPv6 address and a port without brackets' : 'is not an endpoint'
  return { ...endpointHints[parsed], message: `${quoted(text)} ${parsed === 'bad-port' ? 'has no valid port' : what}` }
})

export const service = read<Service>(
  text =>
    parseService(text) ?? {
      code: 'bad-port',
      message: `${quoted(text)} is not a port`,
      hint: 'As in 5432/tcp, 53/udp, 6000-6010/tcp, or icmp for a ping.',
    },
)

export const size = read<number>(
  text =>
    parseSize(text) ?? { code: 'bad-value', message: `${quoted(text)} is not a size`, hint: 'As in 256M, 32G or 2T.' },
)

export const milliseconds = read<number>(
  text =>
    parseMilliseconds(text) ?? {
      code: 'bad-value',
      message: `${quoted(text)} is not a round trip`,
      hint: 'As in 95ms.',
    },
)

/** Text that must look a certain way and stays text. */
export const text = (looks: (text: string) => boolean, what: string, hint: string) =>
  read<string>(value =>
    looks(value) ? value : { code: 'bad-value', message: `${quoted(value)} is not ${what}`, hint },
  )

export const printable = text(
  value => value.length <= 200 && !/\p{Cc}/u.test(value),
  'one line of text',
  'At most 200 characters, none of them a control character.',
)
/** A program by its absolute path, and its arguments. */
export const argv = z
  .array(
    text(
      value => value.length <= 1000 && !/\p{Cc}/u.test(value),
      'an argument',
      'At most 1000 characters, none of them a control character.',
    ),
  )
  .min(1)
  .superRefine(([program], context) => {
    if (program === undefined || (/^(?:\/[^/]+)+$/.test(program) && !program.split('/').includes('..'))) return
    const message = `${quoted(program)} is not an absolute path`
    const complaint: Complaint = {
      code: 'bad-value',
      message,
      hint: 'As in /usr/local/bin/page: no shell looks for it.',
    }
    context.addIssue({ code: 'custom', path: [0], message, params: complaint })
  })
export const domain = text(isDomainName, 'a domain name', 'As in mesh.example.net.')
export const interfaceName = text(isInterfaceName, 'a network interface', 'As ifconfig -l shows it: vtnet0, em0, igb1.')
export const hostLabel = text(value => isLabel(value) && !isReserved(value), 'a label', 'a-z, 0-9 and dashes.')
export const userName = text(value => /^[a-z_][a-z0-9_-]{0,31}$/.test(value), 'a user name', 'As in root.')
export const publicKey = text(
  value => /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(value),
  'a WireGuard public key',
  'The 44 characters that wg pubkey prints.',
)
export const release = text(
  value => /^[1-9][0-9]\.[0-9]{1,2}$/.test(value),
  'a FreeBSD release',
  'In quotes, as in "14.4".',
)
export const jailRoot = text(
  value => /^(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)+$/.test(value),
  'an absolute directory',
  'As in /usr/local/jails: letters, digits, dots, dashes and underscores.',
)
export const resolver = text(
  value => parseAddress(value) !== null,
  'an address',
  'Resolvers are addresses: 192.0.2.53.',
)
export const sshAddress = text(
  value => parseAddress(value) !== null || isDomainName(value),
  'an address or DNS name',
  'Where ssh reaches the host.',
)
/** A word of from: or to:; what it names is found out when the mesh is known. */
export const reference = text(
  value => /^[A-Za-z0-9@.:/-]{1,200}$/.test(value),
  'a host, jail, region, class, label or prefix',
  'As in web, web@tesla, region:usa, edge, admin, outside, hosts, 198.51.100.0/24.',
)

export const port = z.int().min(1).max(65535)
export const many = <T extends z.ZodType>(one: T) =>
  z.union([one, z.array(one)]).transform(value => (Array.isArray(value) ? value : [value]) as z.output<T>[])

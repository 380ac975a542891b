/** The shape of mesh.yaml and regions/*.yaml: what zod checks, what the JSON Schema for editors is made from. */
import * as z from 'zod'
import { type EndpointSpec, type EndpointProblem, parseEndpoint } from '../../topology/endpoint.ts'
import { hostClasses, isDomainName, isInterfaceName, isLabel, isReserved, nameProblem } from '../../topology/names.ts'
import { parseService, type Service } from '../../topology/port.ts'
import { isPrefix, parseAddress, parsePrefix, type Prefix } from '../../topology/prefix.ts'
import { parseMilliseconds, parseSize } from '../../topology/quantity.ts'
import type { DiagnosticCode } from '../../topology/diagnostic.ts'
import { defaultRegions } from './directory.ts'

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

const name = read<string>(text => {
  const problem = nameProblem(text)
  return problem === null ? text : { code: 'bad-name', message: `${quoted(text)} is not a name: ${problem}` }
})

const prefix = read<Prefix>(text => {
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

const prefixOf = (family: 'inet' | 'inet6') =>
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

const endpoint = read<EndpointSpec>(text => {
  const parsed = parseEndpoint(text)
  if (typeof parsed === 'object') return parsed
  const what = parsed === 'needs-brackets' ? 'is an IPv6 address and a port without brackets' : 'is not an endpoint'
  return { ...endpointHints[parsed], message: `${quoted(text)} ${parsed === 'bad-port' ? 'has no valid port' : what}` }
})

const service = read<Service>(
  text =>
    parseService(text) ?? {
      code: 'bad-port',
      message: `${quoted(text)} is not a port`,
      hint: 'As in 5432/tcp, 53/udp, 6000-6010/tcp, or icmp for a ping.',
    },
)

const size = read<number>(
  text =>
    parseSize(text) ?? { code: 'bad-value', message: `${quoted(text)} is not a size`, hint: 'As in 256M, 32G or 2T.' },
)

const milliseconds = read<number>(
  text =>
    parseMilliseconds(text) ?? {
      code: 'bad-value',
      message: `${quoted(text)} is not a round trip`,
      hint: 'As in 95ms.',
    },
)

/** Text that must look a certain way and stays text. */
const text = (looks: (text: string) => boolean, what: string, hint: string) =>
  read<string>(value =>
    looks(value) ? value : { code: 'bad-value', message: `${quoted(value)} is not ${what}`, hint },
  )

const printable = text(
  value => value.length <= 200 && !/\p{Cc}/u.test(value),
  'one line of text',
  'At most 200 characters, none of them a control character.',
)
const domain = text(isDomainName, 'a domain name', 'As in mesh.example.net.')
const interfaceName = text(isInterfaceName, 'a network interface', 'As ifconfig -l shows it: vtnet0, em0, igb1.')
const hostLabel = text(value => isLabel(value) && !isReserved(value), 'a label', 'a-z, 0-9 and dashes.')
const userName = text(value => /^[a-z_][a-z0-9_-]{0,31}$/.test(value), 'a user name', 'As in root.')
const publicKey = text(
  value => /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(value),
  'a WireGuard public key',
  'The 44 characters that wg pubkey prints.',
)
const release = text(value => /^[1-9][0-9]\.[0-9]{1,2}$/.test(value), 'a FreeBSD release', 'In quotes, as in "14.4".')
const jailRoot = text(
  value => /^(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)+$/.test(value),
  'an absolute directory',
  'As in /usr/local/jails: letters, digits, dots, dashes and underscores.',
)
const resolver = text(value => parseAddress(value) !== null, 'an address', 'Resolvers are addresses: 192.0.2.53.')
const sshAddress = text(
  value => parseAddress(value) !== null || isDomainName(value),
  'an address or DNS name',
  'Where ssh reaches the host.',
)
/** A word of from: or to:; what it names is found out when the mesh is known. */
const reference = text(
  value => /^[A-Za-z0-9@.:/-]{1,200}$/.test(value),
  'a host, jail, region, class, label or prefix',
  'As in web, web@tesla, region:usa, edge, admin, outside, hosts, 198.51.100.0/24.',
)

const port = z.int().min(1).max(65535)
const many = <T extends z.ZodType>(one: T) =>
  z.union([one, z.array(one)]).transform(value => (Array.isArray(value) ? value : [value]) as z.output<T>[])

const jail = z.strictObject({
  ports: z.array(service).default([]).describe('Ports the jail serves: 8080/tcp, 53/udp, icmp'),
  from: z.array(reference).default([]).describe('Who may reach these ports'),
  cpus: z.int().min(1).max(1024).optional().describe('Cores it may use at most'),
  memory: size.optional().describe('Memory it may use at most: 256M, 4G'),
  disk: size.optional().describe('Disk set aside for it'),
})

const ssh = z.strictObject({
  address: sshAddress.optional().describe('Where ssh reaches the host; without it, its endpoint'),
  user: userName.optional(),
  port: port.optional(),
})

const wiring = z.enum(['routed', 'bridge']).describe('routed: pf sees every packet. bridge: one layer 2 segment a host')
const hostJails = z.strictObject({ wiring: wiring.optional(), root: jailRoot.optional() })

const host = z.strictObject({
  endpoint: z
    .union([z.enum(['none', 'dynamic']), many(endpoint)])
    .describe('Where peers call it: addresses, a DNS name; none: behind NAT; dynamic: its address changes'),
  underlay: z
    .array(z.enum(['ipv4', 'ipv6']))
    .optional()
    .describe('Families it can send on; without it, those of its endpoint, or IPv4'),
  port: port.optional().describe('UDP port it listens on, where it is not the mesh’s'),
  interface: interfaceName.describe('The interface towards the underlay: vtnet0'),
  mtu: z.int().min(576).max(65535).default(1500).describe('MTU of the underlay'),
  provider: printable.optional().describe('A failure domain of its own kind'),
  lan: z.array(prefix).default([]).describe('Prefixes of the networks it stands in'),
  ssh: ssh.optional(),
  admin: z.array(prefix).optional().describe('Where admins log in from; replaces the default'),
  resolvers: z.array(resolver).optional().describe('Name servers for its jails; replaces the default'),
  arch: z.enum(['amd64', 'arm64']).default('amd64'),
  cpus: z.int().min(1).max(1024).optional(),
  memory: size.optional(),
  disk: size.optional(),
  class: z.enum(hostClasses).default('core'),
  labels: z.array(hostLabel).default([]),
  release: release.optional().describe('FreeBSD release, in quotes: "14.4"'),
  gateway: z.boolean().default(false).describe('Joins its region to the others when the topology is regional'),
  keys: z.enum(['derived', 'host']).default('derived').describe('host: its private key never leaves it'),
  'public-key': publicKey.optional().describe('With keys: host, what wg pubkey printed there'),
  wiring: wiring.optional(),
  jails: z.record(z.string(), jail.nullable()).default({}).describe('Jails declared by hand'),
})

export const regionSchema = z.strictObject({
  region: name.describe('Name of the region'),
  title: printable.optional(),
  location: z
    .strictObject({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) })
    .optional()
    .describe('Degrees; round trips are estimated from it'),
  provider: printable.optional().describe('For hosts that name none'),
  lan: z.array(prefix).default([]).describe('LAN prefixes of all its hosts'),
  hosts: z.record(z.string(), host).default({}),
})

const ipv4Length = z.int().min(8).max(29)
const ipv6Length = z.int().min(32).max(112)

export const meshSchema = z.strictObject({
  mesh: name.describe('Name of the mesh; part of every derived key'),
  domain: domain.describe('Hosts are HOST.domain, jails JAIL.HOST.domain'),
  regions: z.string().default(defaultRegions).describe('Which files hold the regions'),
  addressing: z
    .strictObject({
      ipv4: prefixOf('inet').prefault('10.64.0.0/10').describe('The overlay'),
      ipv6: prefixOf('inet6').optional().describe('A ULA /48; without it one is drawn and remembered'),
      'region-length': z.strictObject({ ipv4: ipv4Length.default(16), ipv6: ipv6Length.default(56) }).prefault({}),
      'host-length': z.strictObject({ ipv4: ipv4Length.default(24), ipv6: ipv6Length.default(64) }).prefault({}),
    })
    .prefault({}),
  wireguard: z
    .strictObject({
      topology: z.enum(['full', 'regional']).default('full').describe('regional: gateways join the regions'),
      port: port.default(51820),
      keepalive: port.default(25).describe('Seconds; sent by hosts behind NAT only'),
      'preshared-keys': z.boolean().default(true),
    })
    .prefault({}),
  defaults: z
    .strictObject({
      release: release.default('14.4'),
      jails: z.strictObject({ manager: z.literal('jail.conf').default('jail.conf'), ...hostJails.shape }).prefault({}),
      ssh: ssh.omit({ address: true }).prefault({}),
      admin: z.array(prefix).default([]).describe('Where admins log in from'),
      resolvers: z.array(resolver).default([]).describe('Name servers for jails'),
    })
    .prefault({}),
  recipients: z.array(z.string()).default([]).describe('age recipients of secrets.age; none: your own identity'),
  latency: z.record(z.string(), milliseconds).default({}).describe('Round trips: west-europe/usa: 95ms'),
  flows: z
    .array(
      z.strictObject({ from: reference, to: reference, ports: z.array(service).min(1), why: printable.default('') }),
    )
    .default([])
    .describe('Who may reach whom, beyond what jails declare'),
  tests: z
    .array(
      z.union([
        z.strictObject({ 'must-reach': z.strictObject({ from: reference, to: reference, port: service }) }),
        z.strictObject({
          'must-not-reach': z.strictObject({ from: reference, to: reference, port: service.optional() }),
        }),
      ]),
    )
    .default([])
    .describe('What must and must not be possible'),
})

export type MeshYaml = z.output<typeof meshSchema>
export type RegionYaml = z.output<typeof regionSchema>
export type HostYaml = z.output<typeof host>

/** JSON Schema of what people write, for editors. */
export function jsonSchema(of: 'mesh' | 'region'): object {
  const schema = z.toJSONSchema(of === 'mesh' ? meshSchema : regionSchema, {
    io: 'input',
    target: 'draft-7',
    reused: 'ref',
  })
  return { ...schema, title: of === 'mesh' ? 'mesh.yaml of meshwright' : 'regions/*.yaml of meshwright' }
}

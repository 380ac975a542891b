/** What people say of an edge in mesh.yaml. */
import * as z from 'zod'
import { isDomainName } from '../../../topology/names.ts'
import { serviceText } from '../../../topology/port.ts'
import { parseAddress } from '../../../topology/prefix.ts'
import { many, name, prefix, service as portField, size, text } from '../../load/fields.ts'
import type { Service } from '../kind.ts'

const seconds = (least: number, most: number) => z.int().min(least).max(most)

/** `wiki.example.org`, or `*.example.org` for every name below. */
const hostPattern = text(
  value => isDomainName(value.startsWith('*.') ? value.slice(2) : value) && value === value.toLowerCase(),
  'a host name',
  'In lower case, as in wiki.example.org or "*.example.org".',
)
const pathPrefix = text(
  value => value.length <= 200 && (value === '/' || /^(?:\/[A-Za-z0-9._~-]+)+$/.test(value)),
  'a path',
  'As in /api: whole segments of letters, digits, dots, dashes, tildes and underscores, no slash at the end.',
)
const headerName = text(value => /^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(value), 'a header name', 'As in X-Tenant.')
const headerValue = text(
  value => /^[\x20-\x7e]{1,200}$/.test(value) && value.trim() === value,
  'a header value',
  'At most 200 characters of ASCII, without blanks around them.',
)
const address = text(value => parseAddress(value) !== null, 'an address', 'As in 203.0.113.80.').transform(
  value => parseAddress(value)?.text ?? value,
)
const command = text(
  value => /^(?:\/[A-Za-z0-9._-]+)+$/.test(value) && !value.split('/').includes('..'),
  'an absolute path',
  'As in /usr/local/etc/haproxy/failover: a program in the jail, of letters, digits, dots and dashes.',
)
const certificate = text(
  value => /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.pem$/.test(value),
  'the name of a PEM file',
  'As in wiki.example.org.pem: a file of the directory of certificates.',
)

const route = z.strictObject({
  host: hostPattern.optional().describe('Requests for this name; *.example.org for all below'),
  path: pathPrefix.optional().describe('Requests for this path and what is below'),
  header: z.strictObject({ name: headerName, value: headerValue }).optional().describe('Requests with this header'),
  to: name.describe('The service that answers'),
  strip: z.boolean().default(false).describe('The service does not see the path above'),
})

const rate = z.strictObject({
  requests: z.int().min(1).max(1_000_000).default(300).describe('Requests of one client in that time'),
  seconds: seconds(1, 3600).default(10),
  connections: z.int().min(1).max(1_000_000).default(200).describe('Connections of one client at a time'),
  except: z.array(prefix).default([]).describe('Clients without a limit'),
})

const timeouts = z.strictObject({
  connect: seconds(1, 60).default(5),
  client: seconds(1, 86_400).default(30).describe('Silence of a client'),
  server: seconds(1, 86_400).default(60).describe('Silence of a server'),
  request: seconds(1, 300).default(10).describe('Until a request has come in whole'),
  keepalive: seconds(1, 300).default(10).describe('Until the next request of a connection'),
  queue: seconds(1, 300).default(30).describe('Until a server has room'),
  tunnel: seconds(1, 86_400).default(3600).describe('Silence of a WebSocket'),
})

const vip = z.strictObject({
  kind: z.literal('carp'),
  address: many(address).describe('The address that moves; one of each family'),
  vhid: z.int().min(1).max(255).describe('Unique on the segment, carp(4)'),
})

const failover = z.strictObject({
  kind: z.literal('hook'),
  'command-file': command.describe('Run as FILE take|release EDGE HOST-ADDRESS when an edge goes and comes back'),
  interval: seconds(1, 60).default(2).describe('Between two looks at the others'),
  misses: z.int().min(2).max(60).default(4).describe('So many in a row and an edge counts as gone'),
  limit: seconds(1, 600).default(60).describe('The command may take so long'),
  ports: z
    .array(portField)
    .default([{ kind: 'ports', protocol: 'tcp', first: 443, last: 443 }])
    .describe('What the command uses of the world outside'),
})

export const options = {
  count: z
    .union([z.int().min(1).max(16), z.literal('per-region')])
    .default(1)
    .describe('How many edges'),
  tls: z
    .enum(['files', 'none'])
    .default('files')
    .describe('Certificates are PEM files in the jail, or there is no TLS'),
  certificates: z.array(certificate).default([]).describe('These of the directory, the default first; none: all'),
  acme: name.optional().describe('The service that answers /.well-known/acme-challenge/'),
  hsts: z
    .strictObject({
      days: z.int().min(1).max(730).default(180),
      subdomains: z.boolean().default(false),
      preload: z.boolean().default(false),
    })
    .optional()
    .describe('Browsers come back by TLS only, RFC 6797'),
  routes: z.array(route).default([]).describe('Beside the domains of the services'),
  default: name.optional().describe('The service that answers what nobody else does'),
  rate: z
    .union([rate, z.literal('off')])
    .default({ requests: 300, seconds: 10, connections: 200, except: [] })
    .describe('How much one client may ask for'),
  sticky: z
    .enum(['cookie', 'table'])
    .default('cookie')
    .describe('A cookie of the edge, or a table of the cookies of the application'),
  bandwidth: size.optional().describe('Bytes a second of one answer at most'),
  maxconn: z.int().min(10).max(200_000).default(4000).describe('Connections of clients'),
  'server-maxconn': z.int().min(1).max(100_000).default(200).describe('Requests one edge has open at one server'),
  timeouts: timeouts.prefault({}),
  vip: vip.optional().describe('An address that two edges on one segment share'),
  failover: failover.optional().describe('What is run when another edge goes'),
}

export type Options = z.output<z.ZodObject<typeof options>>
export type Edge = Service<Options>
export type RouteOption = Options['routes'][number]
export type Failover = z.output<typeof failover>

export const statusPort = 8404
export const peersPort = 10_000
export const alivePath = '/alive'
/** In the jail, without the leading slash. */
export const certificateDirectory = 'usr/local/etc/haproxy/certs'

/** How many edges there will be, as far as it is known before they are placed. */
const countOf = ({ options: { count }, roles }: Edge): number | 'per-region' => roles.get('edge')?.count ?? count

export const several = (service: Edge): boolean => countOf(service) !== 1
export const isPair = (service: Edge): boolean => countOf(service) === 2

export const publicPorts = ({ tls }: Pick<Options, 'tls'>): readonly string[] =>
  tls === 'none' ? ['80/tcp'] : ['80/tcp', '443/tcp']

export const failoverPorts = ({ ports }: Failover): readonly string[] => ports.map(serviceText)

/**
 * Tables that edges tell each other. Those of rates only where one edge works at a time: the counts of two that work at
 * once would overwrite each other.
 */
export const sharesTables = (service: Edge): boolean =>
  several(service) && (service.options.sticky === 'table' || sharesRates(service.options))
export const sharesRates = ({ vip: shared, rate: limit }: Options): boolean => shared !== undefined && limit !== 'off'

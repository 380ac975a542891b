/**
 * What `meshwright export json` writes, as a schema: the type of the document and schema/graph.json are both made from it.
 * Keys carry their units; what is not there is null, and no key is ever left out.
 */
import * as z from 'zod'

/** Raised when a key goes or changes its meaning, not when one is added. */
export const graphVersion = 1

const texts = z.array(z.string())
const count = z.int().min(0)
const addresses = (what: string) =>
  z
    .strictObject({
      ipv4: z.string().describe('As in 10.64.0.1'),
      ipv6: z.string().describe('As in fd5c:8e21:77aa::1'),
    })
    .describe(what)
const prefixes = (what: string) =>
  z
    .strictObject({ ipv4: z.string().describe('As in 10.64.0.0/16'), ipv6: z.string().describe('As in fd5c::/56') })
    .describe(what)
const port = z.int().min(1).max(65_535).nullable()
const jailIds = (what: string) => texts.describe(`Ids of jails: ${what}`)

const region = z.strictObject({
  name: z.string().describe('As in mesh.yaml'),
  title: z.string().describe('What people call it'),
  number: count.describe('Given once and never changed; regions are in this order'),
  location: z
    .strictObject({
      latitude: z.number().min(-90).max(90).describe('Degrees, north is positive'),
      longitude: z.number().min(-180).max(180).describe('Degrees, east is positive'),
    })
    .nullable()
    .describe('Where it is; null: nobody said'),
  hosts: texts.describe('Names of its hosts, in alphabetical order'),
})

const host = z.strictObject({
  name: z.string().describe('As in mesh.yaml'),
  fqdn: z.string().describe('Its full name'),
  region: z.string().describe('The name of its region'),
  number: count.describe('Within its region; given once and never changed'),
  provider: z.string().nullable().describe('Who runs the machine; null: nobody said'),
  class: z.string().describe('What it is for: core, edge, build or weak'),
  labels: texts.describe('Groups it belongs to'),
  arch: z.string().nullable().describe('As pkg(8) has it: amd64 or arm64'),
  cpus: z.number().nullable().describe('Cores; null: nobody said'),
  'memory-bytes': z.number().nullable().describe('Memory; null: nobody said'),
  address: addresses('Its addresses on wg0'),
  prefix: prefixes('What is routed to it: its jails have addresses in there'),
  endpoint: z
    .strictObject({
      ipv4: z.string().nullable().describe('Null: it is not called on IPv4'),
      ipv6: z.string().nullable().describe('Null: it is not called on IPv6'),
    })
    .describe('Where its peers call it, without the port'),
  'endpoint-port': z
    .strictObject({
      ipv4: port.describe('Null: it is not called on IPv4'),
      ipv6: port.describe('Null: it is not called on IPv6'),
    })
    .describe('The UDP ports at these addresses'),
  nat: z.boolean().describe('Nobody outside can call it: it calls its peers'),
  gateway: z.boolean().describe('It joins its region to the others; always false where the topology is full'),
  'public-key': z.string().nullable().describe('Of WireGuard, in base64; null: none was made yet'),
  position: z
    .strictObject({
      x: z.number().describe('To the right'),
      y: z.number().describe('Downwards'),
    })
    .describe('Where pictures have it, in pixels from the centre; a new host moves no other'),
})

const jail = z.strictObject({
  id: z.string().describe('NAME@HOST: unique, and what flows and services name'),
  name: z.string().describe('The same on every host where a service has an instance'),
  host: z.string().describe('The name of its host'),
  fqdn: z.string().describe('Its full name'),
  address: addresses('Its addresses, reached through the tunnels'),
  service: z.string().nullable().describe('The service it is an instance of; null: declared by hand'),
  role: z.string().nullable().describe('And its role there'),
})

const tunnel = z.strictObject({
  a: z.string().describe('The name of one host; before b in the alphabet'),
  b: z.string().describe('The name of the other'),
  'keepalive-seconds': count.describe('Between two keepalives of an end; 0: neither sends any'),
  'round-trip-milliseconds': z.number().min(0).describe('Between the regions of the two, as planned with'),
  'round-trip-estimated': z.boolean().describe('From the distance of the regions: nobody measured it'),
})

const relayed = z.strictObject({
  a: z.string().describe('The name of one host; before b in the alphabet'),
  b: z.string().describe('The name of the other'),
  through: texts.describe('Names of the hosts that packets from a to b pass, in this order'),
})

const resilience = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('stateless').describe('Any one of them will do') }),
    z.strictObject({ kind: z.literal('single').describe('One instance holds it all') }),
    z.strictObject({ kind: z.literal('voters').describe('More than half of them must be there') }),
    z.strictObject({
      kind: z.literal('replicated').describe('What is stored lies on several of them'),
      writes: count.describe('Members that a write needs'),
      reads: count.describe('Members that a read needs'),
      copies: count.describe('Members on which data lies when a write is acknowledged'),
    }),
  ])
  .describe('How it stands the loss of members')

const role = z.strictObject({
  name: z.string().describe('As the kind calls it'),
  id: z.string().describe('SERVICE/ROLE: unique'),
  resilience,
  instances: jailIds('its members, by host'),
  needs: texts.describe('Ids of roles without which it does no work'),
})

const service = z.strictObject({
  name: z.string().describe('As in mesh.yaml'),
  kind: z.string().describe('patroni, garage, …'),
  version: z.string().describe('The version its files are made for'),
  roles: z.array(role).describe('Those that have instances, in the order of the kind'),
})

const party = (what: string) =>
  z
    .strictObject({
      word: z.string().describe('As written: outside, db, hosts, tesla'),
      external: z.boolean().describe('Outside of the mesh: then hosts and jails are empty'),
      hosts: texts.describe('Names of hosts: the machines themselves'),
      jails: jailIds('those of groups among them'),
    })
    .describe(what)

const flow = z.strictObject({
  name: z.string().describe('web>db 5432/tcp: unique'),
  from: party('Who may connect'),
  to: party('To whom'),
  ports: z.array(z.string()).describe('As in 5432/tcp, 60000-61000/udp, icmp'),
  why: z.string().describe('What it is for; may be empty'),
})

export const graphSchema = z.strictObject({
  version: z.literal(graphVersion).describe('Raised when a key goes or changes its meaning, not when one is added'),
  mesh: z.string().describe('The name of the mesh'),
  domain: z.string().describe('Below which all names of hosts and jails are'),
  topology: z
    .enum(['full', 'regional'])
    .describe('full: each host has a tunnel to each; regional: regions have gateways'),
  overlay: prefixes('In which all addresses of the mesh are'),
  reach: z.number().describe('Half the side of the square around 0, 0 in which all positions are, in pixels'),
  regions: z.array(region).describe('By number'),
  hosts: z.array(host).describe('By name'),
  jails: z.array(jail).describe('By host, then name'),
  tunnels: z.array(tunnel).describe('Each once, by a, then b'),
  relayed: z
    .array(relayed)
    .describe(
      'Pairs whose packets others pass on, for they cannot call each other; by a, then b. Of regions that have gateways: pairs of gateways, or within a region',
    ),
  services: z.array(service).describe('By name'),
  flows: z.array(flow).describe('Who may connect to whom, by name; whatever is not here is blocked'),
})

export type GraphDocument = z.output<typeof graphSchema>

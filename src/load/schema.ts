/** The shape of mesh.yaml and regions/*.yaml: what zod checks, what the JSON Schema for editors is made from. */
import * as z from 'zod'
import { hostClasses } from '../../topology/names.ts'
import { hookSubjects } from '../../topology/spec.ts'
import { defaultRegions } from './directory.ts'
import {
  argv,
  domain,
  endpoint,
  hostLabel,
  interfaceName,
  jailRoot,
  many,
  milliseconds,
  name,
  port,
  prefix,
  prefixOf,
  printable,
  publicKey,
  reference,
  release,
  resolver,
  service,
  size,
  sshAddress,
  userName,
} from './fields.ts'

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
  drained: z.boolean().default(false).describe('Services move away from it'),
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

const hook = z.strictObject({
  on: z.array(z.enum(hookSubjects)).min(1).describe('Whose changes it is told of'),
  'at-least': z
    .enum(['warn', 'bad'])
    .default('bad')
    .describe('warn: also of what works and needs somebody to look at it'),
  hold: z.int().min(0).max(3600).default(30).describe('Seconds a state lasts before it is told'),
  command: argv
    .optional()
    .describe('A program and its arguments: the change is on its standard input, as JSON, and in MESHWRIGHT_*'),
  webhook: z
    .strictObject({ secret: name.describe('Name of the secret with its URL: meshwright secrets set NAME') })
    .optional()
    .describe('A webhook as Discord has them'),
})

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
  services: z
    .record(z.string(), z.looseObject({ kind: z.string() }))
    .default({})
    .describe('Services by name: meshwright decides where their instances live'),
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
  hooks: z
    .array(hook)
    .max(20)
    .default([])
    .describe('Who is told of changes in health: status --watch --hooks, ui --hooks'),
})

export type MeshYaml = z.output<typeof meshSchema>
export type RegionYaml = z.output<typeof regionSchema>
export type HostYaml = z.output<typeof host>

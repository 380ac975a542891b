/** Meshes by chance, as files, and what is rendered from them: what the laws are held against. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect } from 'vitest'
import { RootSecret } from '../../src/keys/derive.ts'
import { meshDocument } from '../../src/load/directory.ts'
import { openMesh, withPublicKeys } from '../../src/load/open.ts'
import { keysOf, renderMesh } from '../../src/render/mesh.ts'
import type { Diagnostic } from '../../topology/diagnostic.ts'
import type { Lock } from '../../topology/lock.ts'
import { planMesh } from '../../topology/plan.ts'
import type { Mesh } from '../../topology/mesh.ts'
import type { Family } from '../../topology/prefix.ts'

export interface JailDraft {
  readonly name: string
  readonly ports: readonly string[]
  readonly from: readonly string[]
}

export interface HostDraft {
  readonly name: string
  readonly region: string
  /** Where it can be called; nat: nowhere, it sends on these families. */
  readonly reach: 'v4' | 'v6' | 'both' | 'nat4' | 'natboth'
  readonly wiring: 'routed' | 'bridge'
  readonly keys: 'derived' | 'host'
  readonly class: 'core' | 'edge'
  readonly labels: readonly string[]
  readonly admin: readonly string[]
  readonly lan: readonly string[]
  readonly resolvers: readonly string[]
  readonly jails: readonly JailDraft[]
}

export interface FlowDraft {
  readonly from: string
  readonly to: string
  readonly ports: readonly string[]
  readonly why?: string
}

export interface MeshDraft {
  readonly topology: 'full' | 'regional'
  /** In the order of their files. */
  readonly regions: readonly string[]
  readonly hosts: readonly HostDraft[]
  readonly flows: readonly FlowDraft[]
}

const hostNames = [
  ...['ampere', 'bohr', 'curie', 'dirac', 'euler', 'fermi', 'gauss'],
  ...['hertz', 'joule', 'kelvin', 'lorenz', 'maxwell', 'newton', 'ohm'],
] as const
const regionNames = ['centre', 'east', 'north', 'south', 'west'] as const
/** Each with ports of its own: two jails of one host never want the same outside port. */
const portsOf = {
  cache: ['6379/tcp'],
  db: ['5432/tcp', '5433-5440/tcp'],
  dns: ['53/tcp', '53/udp'],
  media: ['6000-6010/udp', '7000/tcp'],
  web: ['80/tcp', '443/tcp', '8080/tcp'],
} as const
const jailNames = Object.keys(portsOf) as readonly (keyof typeof portsOf)[]
const labelNames = ['mail', 'spare'] as const
const externals = ['outside', 'admin', '192.0.2.64/26', '2001:db8:99::/48'] as const
export const isExternal = (word: string): boolean => (externals as readonly string[]).includes(word)

/** No two of a list overlap. */
const adminPrefixes = ['198.51.100.0/24', '2001:db8:ad::/48', '192.0.2.7/32', '203.0.113.128/25'] as const
const lanPrefixes = ['192.168.1.0/24', '172.16.0.0/12', 'fd00:1::/64'] as const
const resolvers = ['192.0.2.53', '2001:db8::53'] as const

/** A host like any other: what a law does not care about. */
export const plainHost = (name: string, region: string, more: Partial<HostDraft> = {}): HostDraft => ({
  ...{ name, region, reach: 'both', wiring: 'routed', keys: 'derived', class: 'core', labels: [] },
  ...{ admin: ['198.51.100.0/24'], lan: [], resolvers: [], jails: [] },
  ...more,
})

export const meshOf = (...hosts: readonly HostDraft[]): MeshDraft => ({
  topology: 'full',
  regions: [...new Set(hosts.map(host => host.region))],
  ...{ hosts, flows: [] },
})

type Skeleton = Pick<HostDraft, 'name' | 'region' | 'labels' | 'class'> & {
  readonly jails: readonly (keyof typeof portsOf)[]
}

const anySkeleton: fc.Arbitrary<readonly Skeleton[]> = fc
  .tuple(
    fc.subarray([...hostNames], { minLength: 1 }),
    fc.subarray([...regionNames], { minLength: 1 }),
    fc.constantFrom(1, 2, 5),
  )
  .chain(([names, regions, mostJails]) =>
    fc.tuple(
      ...names.map(name =>
        fc.record({
          name: fc.constant(name as string),
          region: fc.constantFrom(...regions),
          labels: fc.subarray([...labelNames]),
          class: fc.constantFrom('core', 'core', 'edge'),
          jails: fc.subarray([...jailNames], { maxLength: mostJails }),
        }),
      ),
    ),
  )

/** Every word that means somebody in this mesh. */
function wordsOf(hosts: readonly Skeleton[]): readonly string[] {
  const jails = hosts.flatMap(host => host.jails.flatMap(jail => [jail as string, `${jail}@${host.name}`]))
  const groups = hosts.flatMap(host => [host.name, host.region, `region:${host.region}`, host.class, ...host.labels])
  return [...new Set([...jails, ...groups, 'hosts', ...externals])]
}

/** Jails are what flows are mostly about: drawn as often as everybody else together. */
const anyWord = (words: readonly string[]): fc.Arbitrary<string> => {
  const jails = words.filter(word => jailNames.some(jail => word === jail || word.startsWith(`${jail}@`)))
  return jails.length === 0 ? fc.constantFrom(...words) : fc.oneof(fc.constantFrom(...jails), fc.constantFrom(...words))
}

export const anyJail = (name: string, words: readonly string[]): fc.Arbitrary<JailDraft> => {
  const known = portsOf[name as keyof typeof portsOf] as readonly string[] | undefined
  return fc
    .record({
      ports: fc.subarray([...(known ?? ['9418/tcp', '4000-4005/udp']), 'icmp']),
      from: fc.uniqueArray(anyWord(words), { maxLength: 3 }),
    })
    .map(({ ports, from }) => ({
      name,
      from,
      // A ping from the underlay cannot be handed to a jail.
      ports: from.some(isExternal) ? ports.filter(port => port !== 'icmp') : ports,
    }))
}

const anyFlow = (words: readonly string[], n: number): fc.Arbitrary<FlowDraft> =>
  fc
    .record({
      from: anyWord(words),
      to: anyWord(words),
      // Ports of its own for each flow: none takes an outside port from another.
      ports: fc.subarray([`${10_000 + 100 * n}/tcp`, `${10_010 + 100 * n}-${10_020 + 100 * n}/udp`, 'icmp'], {
        minLength: 1,
      }),
    })
    .map(({ from, to, ports }) => ({
      from,
      to: isExternal(from) && isExternal(to) ? 'hosts' : to,
      ports: isExternal(from) ? [...new Set(ports.map(port => (port === 'icmp' ? `${10_030 + n}/tcp` : port)))] : ports,
    }))

/** The first host of each region can mostly be called on both families: else most meshes would fall into parts. */
const anyReach = (first: boolean): fc.Arbitrary<HostDraft['reach']> =>
  first
    ? fc.constantFrom('both', 'both', 'both', 'both', 'both', 'both', 'v4', 'nat4')
    : fc.constantFrom('both', 'both', 'v4', 'v6', 'nat4', 'nat4', 'natboth')

export const anyMesh: fc.Arbitrary<MeshDraft> = anySkeleton.chain(skeleton => {
  const words = wordsOf(skeleton)
  const first = (host: Skeleton) => skeleton.find(other => other.region === host.region) === host
  return fc.record({
    topology: fc.constantFrom('full', 'regional'),
    regions: fc.constant([...new Set(skeleton.map(host => host.region))]),
    hosts: fc.tuple(
      ...skeleton.map(host =>
        fc.record({
          ...{ name: fc.constant(host.name), region: fc.constant(host.region) },
          ...{ labels: fc.constant(host.labels), class: fc.constant(host.class) },
          reach: anyReach(first(host)),
          wiring: fc.constantFrom('routed', 'routed', 'bridge'),
          keys: fc.constantFrom('derived', 'derived', 'host'),
          admin: fc.subarray([...adminPrefixes], { minLength: 1 }),
          lan: fc.subarray([...lanPrefixes]),
          resolvers: fc.subarray([...resolvers]),
          jails: fc.tuple(...host.jails.map(jail => anyJail(jail, words))),
        }),
      ),
    ),
    flows: fc
      .tuple(...Array.from({ length: 5 }, (_, n) => fc.option(anyFlow(words, n))))
      .map(flows => flows.filter(isThere)),
  })
})

const isThere = <T>(value: T | null): value is T => value !== null

/** Words a newcomer may give in `from:`. */
export const wordsIn = (draft: MeshDraft): readonly string[] =>
  wordsOf(draft.hosts.map(host => ({ ...host, jails: host.jails.map(jail => jail.name as keyof typeof portsOf) })))

/** Addresses on the underlay follow from the name alone, whoever else there is. */
const underlayNumber = (name: string): number => {
  const known = (hostNames as readonly string[]).indexOf(name)
  return known >= 0 ? 10 + known : 30 + ((createHash('sha256').update(name).digest()[0] ?? 0) % 90)
}

export const endpointsOf = ({ name, reach }: HostDraft): Partial<Record<Family, string>> => {
  const n = underlayNumber(name)
  return {
    ...(reach === 'v4' || reach === 'both' ? { inet: `203.0.113.${n}` } : {}),
    ...(reach === 'v6' || reach === 'both' ? { inet6: `2001:db8:1::${n}` } : {}),
  }
}

/** As `wg pubkey` could have printed it. */
const ownKeyOf = (name: string): string => createHash('sha256').update(name).digest('base64')

function hostYaml(host: HostDraft): object {
  const endpoints: string[] = Object.values(endpointsOf(host))
  return {
    endpoint: endpoints.length === 0 ? 'none' : endpoints,
    ...(host.reach === 'natboth' && { underlay: ['ipv4', 'ipv6'] }),
    interface: 'vtnet0',
    ...{ wiring: host.wiring, keys: host.keys, class: host.class, labels: host.labels },
    ...(host.keys === 'host' && { 'public-key': ownKeyOf(host.name) }),
    ...{ admin: host.admin, lan: host.lan, resolvers: host.resolvers },
    jails: Object.fromEntries(host.jails.map(({ name, ports, from }) => [name, { ports, from }])),
  }
}

/** The files of a mesh, in the order of the draft. JSON is YAML. */
function filesOf(draft: MeshDraft): Map<string, string> {
  const mesh = {
    mesh: 'laws',
    domain: 'mesh.example.net',
    addressing: { ipv6: 'fd5c:8e21:77aa::/48' },
    wireguard: { topology: draft.topology },
    flows: draft.flows,
  }
  const files = new Map([[meshDocument, JSON.stringify(mesh, null, 2)]])
  for (const [i, region] of draft.regions.entries()) {
    const hosts = draft.hosts.filter(host => host.region === region).map(host => [host.name, hostYaml(host)])
    // Files are read in the order of their names.
    files.set(
      `regions/${i}-${region}.yaml`,
      JSON.stringify({ region, hosts: Object.fromEntries(hosts) as object }, null, 2),
    )
  }
  return files
}

const secret = new RootSecret(new Uint8Array(32).fill(9), 'laws' as Mesh['name'])

export interface Rendered {
  readonly mesh: Mesh
  readonly lock: Lock
  /** Path below out/ → text. */
  readonly files: ReadonlyMap<string, string>
}

/** Null: the mesh is refused, and for nothing but parts that no tunnel joins. */
export async function render(draft: MeshDraft, before: Lock | null = null): Promise<Rendered | null> {
  const opened = await openMesh({
    directory: '/nonexistent',
    environment: {},
    purpose: 'plan',
    overrides: filesOf(draft),
    fresh: true,
  })
  if (opened.mesh === null) {
    expect(errorsOf(opened.diagnostics).filter(({ code }) => code !== 'no-path')).toEqual([])
    return null
  }
  const drawn = { ula: opened.lock.overlay.ipv6, secret: secret.fingerprint() }
  const { mesh, lock: planned, diagnostics } = planMesh(opened.spec, before, drawn)
  expect(errorsOf(diagnostics)).toEqual([])
  const lock = withPublicKeys(planned, { mesh, root: secret })
  const files = new Map<string, string>()
  for (const host of renderMesh(mesh, keysOf(mesh, lock, secret)))
    for (const [path, file] of host) files.set(path, file.bytes.toString())
  return { mesh, lock, files }
}

const errorsOf = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] =>
  diagnostics.filter(({ severity }) => severity === 'error')

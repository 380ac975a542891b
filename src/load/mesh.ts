/** mesh.yaml and its regions, from files to a MeshSpec with a position for every complaint. */
import { join } from 'node:path'
import type * as z from 'zod'
import { type Diagnostic, error, hasErrors, type Place, placeText } from '../../topology/diagnostic.ts'
import type {
  HostName,
  InterfaceName,
  JailName,
  DomainName,
  HostLabel,
  MeshName,
  RegionName,
} from '../../topology/names.ts'
import { byText, nameProblem } from '../../topology/names.ts'
import type { FlowSpec, HookSpec, HostSpec, JailSpec, MeshSpec, RegionSpec, TestSpec } from '../../topology/spec.ts'
import { latencyKey } from '../../topology/spec.ts'
import { defaultRegions, findRegionFiles, meshDocument, noMesh } from './directory.ts'
import { parseDocument, type Parsed, readDocument, type SourceDocument } from './document.ts'
import { diagnose } from './issues.ts'
import { type HostYaml, meshSchema, type MeshYaml, regionSchema, type RegionYaml } from './schema.ts'

export interface Loaded {
  /** Null when a file could not be understood. */
  readonly spec: MeshSpec | null
  readonly documents: ReadonlyMap<string, SourceDocument>
  readonly diagnostics: readonly Diagnostic[]
}

/** A mesh directory with some of its files replaced: an edit is tried out before it is written. Null: without the file. */
export type Overrides = ReadonlyMap<string, string | null>

export async function loadMesh(directory: string, overrides: Overrides = new Map()): Promise<Loaded> {
  const read = (name: string): Promise<Parsed> => {
    const replaced = overrides.get(name)
    return typeof replaced === 'string'
      ? Promise.resolve(parseDocument(Buffer.from(replaced), name))
      : readDocument(join(directory, name), name)
  }
  if (!overrides.has(meshDocument)) {
    const missing = await noMesh(directory)
    if (missing !== null) return { spec: null, documents: new Map(), diagnostics: [missing] }
  }
  const documents = new Map<string, SourceDocument>()
  const diagnostics: Diagnostic[] = []
  const take = <T extends z.ZodType>(parsed: Parsed, schema: T): z.output<T> | null => {
    if (parsed.document !== null) documents.set(parsed.document.name, parsed.document)
    diagnostics.push(...parsed.diagnostics)
    if (parsed.document === null || parsed.diagnostics.length > 0) return null
    const result = schema.safeParse(parsed.value, { reportInput: true })
    if (!result.success) diagnostics.push(...diagnose(result.error.issues, parsed.document.name, schema))
    return result.success ? result.data : null
  }

  const main = await read(meshDocument)
  const mesh = take(main, meshSchema)
  const pattern = mesh?.regions ?? regionsPattern(main.value)
  const names = await regionFiles(directory, pattern, overrides, diagnostics)
  const regions: { yaml: RegionYaml; document: string }[] = []
  for (const name of names) {
    const yaml = take(await read(name), regionSchema)
    if (yaml !== null) regions.push({ yaml, document: name })
  }
  if (mesh === null) return { spec: null, documents, diagnostics: positioned(diagnostics, documents) }

  const spec = specOf(mesh, regions, diagnostics)
  const complete = hasErrors(diagnostics) ? null : spec
  return { spec: complete, documents, diagnostics: positioned(diagnostics, documents) }
}

/** Adds the line and column to diagnostics that name a place. */
export function positioned(
  diagnostics: readonly Diagnostic[],
  documents: ReadonlyMap<string, SourceDocument>,
): readonly Diagnostic[] {
  return diagnostics.map(diagnostic => {
    const document = diagnostic.place && documents.get(diagnostic.place.document)
    if (diagnostic.source || !diagnostic.place || !document) return diagnostic
    return { ...diagnostic, source: document.locate(diagnostic.place) }
  })
}

const regionsPattern = (value: unknown): string => {
  const given = (value as { regions?: unknown } | undefined)?.regions
  return typeof given === 'string' ? given : defaultRegions
}

async function regionFiles(directory: string, pattern: string, overrides: Overrides, diagnostics: Diagnostic[]) {
  const place: Place = { document: meshDocument, path: ['regions'] }
  const found = await findRegionFiles(directory, pattern)
  if (found === null) {
    const what = `regions: ${JSON.stringify(pattern)} leads out of the mesh directory`
    diagnostics.push(error('regions-pattern', what, place, `As in ${defaultRegions}.`))
    return []
  }
  const added = [...overrides].flatMap(([name, text]) => (text !== null && name !== meshDocument ? [name] : []))
  const names = [...new Set([...found, ...added])].filter(name => overrides.get(name) !== null).toSorted(byText)
  if (names.length === 0)
    diagnostics.push(
      error(
        'no-regions',
        `no file matches ${pattern}: a mesh has at least one region`,
        place,
        'meshwright add region NAME makes one.',
      ),
    )
  return names
}

function specOf(
  mesh: MeshYaml,
  files: readonly { yaml: RegionYaml; document: string }[],
  diagnostics: Diagnostic[],
): MeshSpec {
  const regionsSeen = new Map<string, string>()
  const hostsSeen = new Map<string, string>()
  const regions: RegionSpec[] = []
  for (const { yaml, document } of files) {
    const earlier = regionsSeen.get(yaml.region)
    if (earlier !== undefined)
      diagnostics.push(
        error('duplicate-region', `${earlier} is already region ${yaml.region}`, { document, path: ['region'] }),
      )
    regionsSeen.set(yaml.region, document)
    const hosts: HostSpec[] = []
    for (const [name, host] of Object.entries(yaml.hosts)) {
      const place: Place = { document, path: ['hosts', name] }
      complainName(name, place, diagnostics)
      const taken = hostsSeen.get(name)
      if (taken !== undefined)
        diagnostics.push(error('duplicate-host', `${taken} already has a host ${name}`, { ...place, key: true }))
      hostsSeen.set(name, document)
      hosts.push(hostOf(name as HostName, host, mesh, yaml, place, diagnostics))
    }
    regions.push({
      name: yaml.region as RegionName,
      title: yaml.title ?? yaml.region,
      location: yaml.location ?? null,
      hosts,
      document,
    })
  }
  if (files.length > 0 && hostsSeen.size === 0)
    diagnostics.push(
      error(
        'no-regions',
        'no region has a host',
        { document: files[0]?.document ?? meshDocument, path: ['hosts'] },
        'meshwright add host NAME makes one.',
      ),
    )
  return {
    name: mesh.mesh as MeshName,
    domain: mesh.domain.toLowerCase() as DomainName,
    addressing: {
      ipv4: mesh.addressing.ipv4,
      ipv6: mesh.addressing.ipv6 ?? null,
      regionLength: { inet: mesh.addressing['region-length'].ipv4, inet6: mesh.addressing['region-length'].ipv6 },
      hostLength: { inet: mesh.addressing['host-length'].ipv4, inet6: mesh.addressing['host-length'].ipv6 },
    },
    wireguard: {
      topology: mesh.wireguard.topology,
      port: mesh.wireguard.port,
      keepalive: mesh.wireguard.keepalive,
      presharedKeys: mesh.wireguard['preshared-keys'],
    },
    recipients: mesh.recipients,
    latency: latencies(mesh, diagnostics),
    regionsPattern: mesh.regions,
    regions,
    flows: mesh.flows.map((flow, i): FlowSpec => ({
      from: flow.from,
      to: flow.to,
      services: flow.ports,
      why: flow.why,
      place: { document: meshDocument, path: ['flows', i] },
    })),
    services: Object.entries(mesh.services).map(([name, value]) => ({
      ...{ name, value },
      place: { document: meshDocument, path: ['services', name] },
    })),
    tests: mesh.tests.map((test, i): TestSpec => {
      const kind = 'must-reach' in test ? 'must-reach' : 'must-not-reach'
      const body = 'must-reach' in test ? test['must-reach'] : test['must-not-reach']
      const place = { document: meshDocument, path: ['tests', i] }
      return { kind, from: body.from, to: body.to, service: body.port ?? null, place }
    }),
    hooks: mesh.hooks.flatMap((hook, i) => hookOf(hook, { document: meshDocument, path: ['hooks', i] }, diagnostics)),
    document: meshDocument,
  }
}

function hookOf(hook: MeshYaml['hooks'][number], place: Place, diagnostics: Diagnostic[]): HookSpec[] {
  const { on, 'at-least': atLeast, hold, command, webhook } = hook
  const [program, ...rest] = command ?? []
  if (program !== undefined && webhook === undefined)
    return [{ on, atLeast, hold, does: { kind: 'command', argv: [program, ...rest] }, place }]
  if (program === undefined && webhook !== undefined)
    return [{ on, atLeast, hold, does: { kind: 'webhook', secret: webhook.secret }, place }]
  const what = program === undefined ? 'has neither a command nor a webhook' : 'has both a command and a webhook'
  diagnostics.push(
    error(
      program === undefined ? 'missing-key' : 'bad-value',
      `${placeText(place.path)} ${what}`,
      { ...place, key: true },
      'command: [/usr/local/bin/page] runs a program, webhook: {secret: discord} writes to a chat; for both, two hooks.',
    ),
  )
  return []
}

function latencies(mesh: MeshYaml, diagnostics: Diagnostic[]): Map<string, number> {
  const result = new Map<string, number>()
  for (const [pair, milliseconds] of Object.entries(mesh.latency)) {
    const [a, b, ...rest] = pair.split('/')
    if (a && b && rest.length === 0) result.set(latencyKey(a, b), milliseconds)
    else
      diagnostics.push(
        error(
          'bad-value',
          `latency: ${JSON.stringify(pair)} is not a pair of regions`,
          { document: meshDocument, path: ['latency', pair], key: true },
          'As in west-europe/usa: 95ms.',
        ),
      )
  }
  return result
}

function complainName(name: string, place: Place, diagnostics: Diagnostic[]): void {
  const problem = nameProblem(name)
  if (problem !== null)
    diagnostics.push(
      error('bad-name', `${JSON.stringify(name.slice(0, 80))} is not a name: ${problem}`, { ...place, key: true }),
    )
}

function hostOf(
  name: HostName,
  yaml: HostYaml,
  mesh: MeshYaml,
  region: RegionYaml,
  place: Place,
  diagnostics: Diagnostic[],
): HostSpec {
  const { defaults } = mesh
  const endpoints = typeof yaml.endpoint === 'string' ? [] : yaml.endpoint
  for (const family of ['inet', 'inet6']) {
    const same = endpoints.filter(endpoint => endpoint.kind === 'address' && endpoint.address.family === family)
    if (same.length > 1)
      diagnostics.push(
        error(
          'bad-endpoint',
          `${name} has ${same.length} ${family === 'inet' ? 'IPv4' : 'IPv6'} endpoints`,
          { ...place, path: [...place.path, 'endpoint'] },
          'At most one of each family, or one DNS name.',
        ),
      )
  }
  const given = yaml.underlay?.map(word => (word === 'ipv4' ? 'inet' : 'inet6'))
  const [major = 0, minor = 0] = (yaml.release ?? defaults.release).split('.').map(Number)
  return {
    name,
    region: region.region as RegionName,
    endpoints,
    underlay: given ?? (endpoints.length === 0 ? ['inet'] : []),
    port: yaml.port ?? mesh.wireguard.port,
    interface: yaml.interface as InterfaceName,
    underlayMtu: yaml.mtu,
    provider: yaml.provider ?? region.provider ?? null,
    lan: [...region.lan, ...yaml.lan],
    ssh: {
      address: yaml.ssh?.address ?? null,
      user: yaml.ssh?.user ?? defaults.ssh.user ?? 'root',
      port: yaml.ssh?.port ?? defaults.ssh.port ?? 22,
    },
    admin: yaml.admin ?? defaults.admin,
    resolvers: yaml.resolvers ?? defaults.resolvers,
    arch: yaml.arch,
    cpus: yaml.cpus ?? null,
    memory: yaml.memory ?? null,
    disk: yaml.disk ?? null,
    class: yaml.class,
    labels: yaml.labels as HostLabel[],
    release: { major, minor },
    gateway: yaml.gateway,
    drained: yaml.drained,
    keys: keysOf(name, yaml, place, diagnostics),
    wiring: yaml.wiring ?? defaults.jails.wiring ?? 'routed',
    jailRoot: defaults.jails.root ?? '/usr/local/jails',
    jails: Object.entries(yaml.jails).map(([jailName, jail]): JailSpec => {
      const jailPlace: Place = { ...place, path: [...place.path, 'jails', jailName] }
      complainName(jailName, jailPlace, diagnostics)
      return {
        name: jailName as JailName,
        serves: jail?.ports ?? [],
        from: jail?.from ?? [],
        cpus: jail?.cpus ?? null,
        memory: jail?.memory ?? null,
        disk: jail?.disk ?? null,
        service: null,
        place: jailPlace,
      }
    }),
    place,
  }
}

function keysOf(name: string, yaml: HostYaml, place: Place, diagnostics: Diagnostic[]): HostSpec['keys'] {
  const publicKey = yaml['public-key']
  if (yaml.keys === 'host' && publicKey === undefined)
    diagnostics.push(
      error(
        'public-key-missing',
        `${name} keeps its own key, so its public-key: must be given`,
        { ...place, path: [...place.path, 'keys'] },
        'On the host: umask 077; wg genkey > /usr/local/etc/wireguard/wg0.key; wg pubkey < /usr/local/etc/wireguard/wg0.key',
      ),
    )
  if (yaml.keys === 'derived' && publicKey !== undefined)
    diagnostics.push(
      error(
        'public-key-unused',
        `${name} has a public-key:, but its key is derived`,
        { ...place, path: [...place.path, 'public-key'] },
        'Add keys: host, or take it away.',
      ),
    )
  return yaml.keys === 'host' ? { kind: 'host', publicKey: publicKey ?? '' } : { kind: 'derived' }
}

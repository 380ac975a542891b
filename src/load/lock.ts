/** mesh.lock.yaml, read and written. One line a fact and sorted, so that a diff or a merge of it can be read. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import {
  type Lock,
  lockDocument,
  type LockedHost,
  type LockedJail,
  type LockedRegion,
  type LockedRole,
  type LockedSerial,
  lockVersion,
} from '../../topology/lock.ts'
import { type HostName, type JailName, type MeshName, nameProblem, type RegionName } from '../../topology/names.ts'
import { isPrefix, parsePrefix, type Prefix } from '../../topology/prefix.ts'
import { parseDocument, type SourceDocument } from './document.ts'
import { reason } from './reason.ts'
import { diagnose } from './issues.ts'

const prefix = (family: Prefix['family']) =>
  z.string().transform((text, context): Prefix => {
    const parsed = parsePrefix(text)
    if (isPrefix(parsed) && parsed.family === family) return parsed
    context.addIssue({ code: 'custom', message: `${JSON.stringify(text)} is not a prefix` })
    return z.NEVER
  })

const number = z
  .int()
  .min(0)
  .max(2 ** 24)
const epoch = z
  .int()
  .min(1)
  .max(2 ** 31)
const name = z.string().refine(text => nameProblem(text) === null, 'not a name')
/** Of a kind: reserved words are no trouble there. */
const role = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/)
const slots = z.record(name, number)
const serial = z.strictObject({
  serial: z
    .int()
    .min(1)
    .max(2 ** 32 - 1),
  digest: z.string().regex(/^[0-9a-f]{16}$/),
})

const schema = z.strictObject({
  version: z.int(),
  mesh: z.string(),
  secret: z.string().regex(/^[0-9a-f]{16}$/),
  overlay: z.strictObject({ ipv4: prefix('inet'), ipv6: prefix('inet6') }),
  'psk-epoch': epoch,
  regions: z.record(name, z.strictObject({ number, gateway: name.optional(), retired: z.literal(true).optional() })),
  hosts: z.record(
    name,
    z.strictObject({
      region: name,
      number,
      'key-epoch': epoch,
      'public-key': z
        .string()
        .regex(/^[A-Za-z0-9+/]{43}=$/)
        .optional(),
      resolved: z.record(z.string(), z.array(z.string())).optional(),
      jails: slots.optional(),
      'retired-jails': slots.optional(),
      retired: z.literal(true).optional(),
    }),
  ),
  services: z
    .record(name, z.record(role, z.strictObject({ hosts: z.array(name), founders: z.array(name) })))
    .optional(),
  'service-epochs': z.record(name, epoch).optional(),
  serials: z.record(name, z.record(z.string(), serial)).optional(),
  complete: z.literal(true),
})

export interface LoadedLock {
  readonly lock: Lock | null
  readonly document: SourceDocument | null
  readonly diagnostics: readonly Diagnostic[]
}

export const noLock: LoadedLock = { lock: null, document: null, diagnostics: [] }

const wayBack = `git checkout ${lockDocument} brings back the last committed one. Without it every address and key would be given out anew.`

const resolveMerge =
  'A merge left its marks: keep the lines of both sides, and where both gave one number to two, delete the younger entry.'

export async function loadLock(directory: string, mesh: MeshName): Promise<LoadedLock> {
  let bytes: Buffer
  try {
    bytes = await readFile(join(directory, lockDocument))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return noLock
    return refused(null, error('lock-unreadable', `${lockDocument} cannot be read: ${reason(cause)}`))
  }
  const parsed = parseDocument(bytes, lockDocument)
  if (parsed.document === null || parsed.diagnostics.length > 0) {
    const first = parsed.diagnostics[0]
    const merging = parsed.document !== null && /^<{7} /m.test(parsed.document.text)
    const hint = merging ? resolveMerge : wayBack
    const unreadable = error(
      'lock-unreadable',
      `${lockDocument} is damaged: ${first?.message ?? ''}`,
      first?.place,
      hint,
    )
    return refused(parsed.document, { ...unreadable, ...(first?.source && { source: first.source }) })
  }
  const version = (parsed.value as { version?: unknown } | null)?.version
  if (typeof version === 'number' && version > lockVersion)
    return refused(
      parsed.document,
      error(
        'lock-newer',
        `${lockDocument} is of version ${version}; this meshwright knows ${lockVersion}`,
        { document: lockDocument, path: ['version'] },
        'A newer meshwright wrote it: update this one.',
      ),
    )
  const result = schema.safeParse(parsed.value, { reportInput: true })
  if (!result.success) {
    const [first] = diagnose(result.error.issues, lockDocument, schema)
    return refused(
      parsed.document,
      error(
        'lock-unreadable',
        `${lockDocument} is damaged or cut short: ${first?.message ?? ''}`,
        first?.place,
        wayBack,
      ),
    )
  }
  if (result.data.mesh !== mesh)
    return refused(
      parsed.document,
      error(
        'lock-other-mesh',
        `${lockDocument} belongs to mesh ${result.data.mesh}, and this is ${mesh}`,
        { document: lockDocument, path: ['mesh'] },
        'The name is part of every key: change it back, or delete the lock and secrets.age to begin anew.',
      ),
    )
  return { lock: lockOf(result.data), document: parsed.document, diagnostics: [] }
}

const refused = (document: SourceDocument | null, diagnostic: Diagnostic): LoadedLock => ({
  lock: null,
  document,
  diagnostics: [
    diagnostic.source || !diagnostic.place || !document
      ? diagnostic
      : { ...diagnostic, source: document.locate(diagnostic.place) },
  ],
})

function lockOf(yaml: z.output<typeof schema>): Lock {
  const entries = <K extends string, T, U>(record: Record<string, T>, make: (value: T) => U) =>
    new Map(Object.entries(record).map(([key, value]) => [key as K, make(value)]))
  return {
    mesh: yaml.mesh as MeshName,
    secret: yaml.secret,
    overlay: yaml.overlay,
    pskEpoch: yaml['psk-epoch'],
    regions: entries<RegionName, (typeof yaml.regions)[string], LockedRegion>(yaml.regions, region => ({
      number: region.number,
      gateway: (region.gateway ?? null) as HostName | null,
      retired: region.retired === true,
    })),
    services: entries(yaml.services ?? {}, roles =>
      entries(roles, ({ hosts, founders }): LockedRole => ({
        hosts: hosts as HostName[],
        founders: founders as HostName[],
      })),
    ),
    serviceEpochs: entries(yaml['service-epochs'] ?? {}, (one: number) => one),
    serials: entries(yaml.serials ?? {}, counted => entries<string, LockedSerial, LockedSerial>(counted, one => one)),
    hosts: entries<HostName, (typeof yaml.hosts)[string], LockedHost>(yaml.hosts, host => ({
      region: host.region as RegionName,
      number: host.number,
      keyEpoch: host['key-epoch'],
      publicKey: host['public-key'] ?? null,
      resolved: new Map(Object.entries(host.resolved ?? {})),
      jails: new Map<JailName, LockedJail>([
        ...entries<JailName, number, LockedJail>(host.jails ?? {}, slot => ({ slot, retired: false })),
        ...entries<JailName, number, LockedJail>(host['retired-jails'] ?? {}, slot => ({ slot, retired: true })),
      ]),
      retired: host.retired === true,
    })),
  }
}

/** The whole file. Its last line tells a reader that nothing was cut off. */
export function lockText(lock: Lock): string {
  const lines = [
    '# What this mesh remembers, so that nothing renumbers and no key changes by itself. Written by meshwright; commit it.',
    `version: ${lockVersion}`,
    `mesh: ${lock.mesh}`,
    `secret: "${lock.secret}"`,
    'overlay:',
    `  ipv4: ${lock.overlay.ipv4.text}`,
    `  ipv6: "${lock.overlay.ipv6.text}"`,
    `psk-epoch: ${lock.pskEpoch}`,
    lock.regions.size === 0 ? 'regions: {}' : 'regions:',
  ]
  for (const [name, region] of lock.regions) {
    lines.push(`  ${name}:`, `    number: ${region.number}`)
    if (region.gateway !== null) lines.push(`    gateway: ${region.gateway}`)
    if (region.retired) lines.push('    retired: true')
  }
  lines.push(lock.hosts.size === 0 ? 'hosts: {}' : 'hosts:')
  for (const [name, host] of lock.hosts) lines.push(`  ${name}:`, ...Array.from(hostLines(host), line => `    ${line}`))
  if (lock.services.size > 0) lines.push('services:')
  for (const [name, roles] of lock.services) {
    lines.push(`  ${name}:${roles.size === 0 ? ' {}' : ''}`)
    for (const [role, { hosts, founders }] of roles)
      lines.push(`    ${role}: {hosts: [${hosts.join(', ')}], founders: [${founders.join(', ')}]}`)
  }
  if (lock.serviceEpochs.size > 0) lines.push('service-epochs:')
  for (const [service, raised] of lock.serviceEpochs) lines.push(`  ${service}: ${raised}`)
  if (lock.serials.size > 0) lines.push('serials:')
  for (const [name, counted] of lock.serials) {
    lines.push(`  ${name}:`)
    // Both quoted: a name may look like a number to YAML, and so may a digest.
    for (const [of, { serial, digest }] of counted)
      lines.push(`    ${JSON.stringify(of)}: {serial: ${serial}, digest: "${digest}"}`)
  }
  lines.push('complete: true', '')
  return lines.join('\n')
}

function* hostLines(host: LockedHost): Iterable<string> {
  yield `region: ${host.region}`
  yield `number: ${host.number}`
  yield `key-epoch: ${host.keyEpoch}`
  if (host.publicKey !== null) yield `public-key: ${host.publicKey}`
  if (host.resolved.size > 0) yield 'resolved:'
  for (const [name, addresses] of host.resolved)
    yield `  ${name}: [${addresses.map(address => JSON.stringify(address)).join(', ')}]`
  for (const [key, retired] of [
    ['jails', false],
    ['retired-jails', true],
  ] as const) {
    const jails = [...host.jails].filter(([, jail]) => jail.retired === retired)
    if (jails.length > 0) yield `${key}:`
    for (const [name, jail] of jails) yield `  ${name}: ${jail.slot}`
  }
  if (host.retired) yield 'retired: true'
}

/**
 * Numbers for whoever has none yet. A newcomer gets the number after the highest ever given, so that no number of a
 * retired one is given twice while the lock names it; newcomers of one run are numbered by name, so that the order in
 * the files does not matter.
 */
import { type Diagnostic, error, type Place } from './diagnostic.ts'
import type { Lock, LockedHost, LockedJail, LockedRegion } from './lock.ts'
import { byText, type HostName, type JailName, type RegionName } from './names.ts'
import type { Prefix } from './prefix.ts'
import type { HostSpec, MeshSpec } from './spec.ts'
import { maxSlots } from './wire.ts'

/** What a mesh that is planned for the first time draws by chance; ignored once the lock has it. */
export interface Drawn {
  /** RFC 4193: fd00::/8 and 40 random bits. */
  readonly ula: Prefix
  /** Fingerprint of the root secret. */
  readonly secret: string
}

export interface Allocation {
  readonly lock: Lock
  readonly diagnostics: readonly Diagnostic[]
}

export function allocate(spec: MeshSpec, before: Lock | null, drawn: Drawn): Allocation {
  const diagnostics: Diagnostic[] = []
  const { ipv4, ipv6, regionLength, hostLength } = spec.addressing
  const overlay = { ipv4, ipv6: ipv6 ?? before?.overlay.ipv6 ?? drawn.ula }
  if (before !== null)
    for (const key of ['ipv4', 'ipv6'] as const)
      if (before.overlay[key].text !== overlay[key].text)
        diagnostics.push(addressingChanged(spec, key, before.overlay[key].text, overlay[key].text))

  const regionLimit =
    2 ** Math.min(32, regionLength.inet - overlay.ipv4.length, regionLength.inet6 - overlay.ipv6.length)
  const hostLimit = 2 ** Math.min(32, hostLength.inet - regionLength.inet, hostLength.inet6 - regionLength.inet6)

  const regions = number<RegionName, LockedRegion>({
    names: spec.regions.map(region => region.name),
    before: before?.regions ?? new Map(),
    numberOf: region => region.number,
    first: 0,
    limit: regionLimit,
    make: (_, number) => ({ number, gateway: null, retired: false }),
    full: name => {
      const region = spec.regions.find(r => r.name === name)
      diagnostics.push(
        exhausted(`no region number is left for ${name}: ${overlay.ipv4.text} has ${regionLimit} of them`, {
          document: region?.document ?? spec.document,
          path: ['region'],
        }),
      )
    },
  })

  const known = [...(before?.hosts ?? [])].map(([name, locked]) => [name, { ...locked, retired: true }] as const)
  const hosts = new Map<HostName, LockedHost>(known)
  for (const region of spec.regions) {
    // A host that moves to another region leaves its old number behind: the address names the region.
    // Nobody gets it in the same run, whichever region is numbered first.
    const ofRegion = new Map(known.filter(([, locked]) => locked.region === region.name))
    const numbered = number<HostName, LockedHost>({
      names: region.hosts.map(host => host.name),
      before: ofRegion,
      numberOf: host => host.number,
      first: 0,
      limit: hostLimit,
      make: (name, number) => newHost(region.name, number, hosts.get(name)),
      full: name =>
        diagnostics.push(
          exhausted(`no host number is left for ${name}: region ${region.name} has ${hostLimit} of them`, {
            document: region.document,
            path: ['hosts', name],
            key: true,
          }),
        ),
    })
    for (const host of region.hosts) {
      const locked = numbered.get(host.name)
      if (locked !== undefined) hosts.set(host.name, { ...locked, jails: slots(host, locked, spec, diagnostics) })
    }
  }

  const lock: Lock = {
    mesh: spec.name,
    secret: before?.secret ?? drawn.secret,
    overlay,
    pskEpoch: before?.pskEpoch ?? 1,
    regions,
    hosts: new Map([...hosts].toSorted(([a], [b]) => byText(a, b))),
    services: before?.services ?? new Map(),
    serviceEpochs: before?.serviceEpochs ?? new Map(),
    serials: before?.serials ?? new Map(),
  }
  return { lock, diagnostics }
}

const newHost = (region: RegionName, number: number, elsewhere: LockedHost | undefined): LockedHost => ({
  region,
  number,
  keyEpoch: elsewhere?.keyEpoch ?? 1,
  publicKey: elsewhere?.publicKey ?? null,
  resolved: elsewhere?.resolved ?? new Map(),
  jails: elsewhere?.jails ?? new Map(),
  retired: false,
})

function slots(host: HostSpec, locked: LockedHost, spec: MeshSpec, diagnostics: Diagnostic[]) {
  const limit = maxSlots(host.wiring, spec.addressing.hostLength.inet)
  return number<JailName, LockedJail>({
    names: host.jails.map(jail => jail.name),
    before: locked.jails,
    numberOf: jail => jail.slot,
    first: 1,
    limit: limit + 1,
    make: (_, slot) => ({ slot, retired: false }),
    full: name =>
      diagnostics.push(
        exhausted(
          `no jail slot is left for ${name}: ${host.name} has ${limit} of them`,
          host.jails.find(jail => jail.name === name)?.place,
        ),
      ),
  })
}

interface Numbering<N extends string, T extends { readonly retired: boolean }> {
  readonly names: readonly N[]
  readonly before: ReadonlyMap<N, T>
  readonly numberOf: (entry: T) => number
  readonly first: number
  /** One past the highest number there is. */
  readonly limit: number
  readonly make: (name: N, number: number) => T
  readonly full: (name: N) => void
}

/** Keeps every number there is, gives the next to the newcomers, marks as retired who is no longer named. */
function number<N extends string, T extends { readonly retired: boolean }>(of: Numbering<N, T>): Map<N, T> {
  const present = new Set(of.names)
  const after = new Map<N, T>()
  const taken = new Set<number>()
  for (const [name, entry] of of.before) {
    after.set(name, { ...entry, retired: !present.has(name) })
    taken.add(of.numberOf(entry))
    if (present.has(name) && of.numberOf(entry) >= of.limit) of.full(name)
  }
  let next = Math.max(of.first - 1, ...taken) + 1
  for (const name of of.names.toSorted(byText)) {
    if (after.has(name)) continue
    // Past the end, a number that the lock no longer names is free again.
    if (next >= of.limit) next = firstFree(taken, of.first, of.limit) ?? next
    if (next >= of.limit) of.full(name)
    after.set(name, of.make(name, next))
    taken.add(next)
    next = Math.max(next, ...(taken.size < 4096 ? taken : [])) + 1
  }
  return new Map([...after].toSorted(([a], [b]) => byText(a, b)))
}

function firstFree(taken: ReadonlySet<number>, first: number, limit: number): number | null {
  for (let n = first; n < limit; n += 1) if (!taken.has(n)) return n
  return null
}

const exhausted = (message: string, place?: Place): Diagnostic =>
  error(
    'exhausted',
    message,
    place,
    'Numbers of retired entries stay reserved: delete those you will never need again from mesh.lock.yaml.',
  )

const addressingChanged = (spec: MeshSpec, key: 'ipv4' | 'ipv6', was: string, is: string): Diagnostic =>
  error(
    'addressing-changed',
    `addressing.${key} was ${was} and is now ${is}: every address of the mesh would change`,
    { document: spec.document, path: ['addressing', key] },
    `If that is what you want, change overlay.${key} in mesh.lock.yaml to ${is} as well.`,
  )

/** Whoever comes or goes: what the others keep, byte by byte, but for lines that name the newcomer. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Mesh } from '../../topology/mesh.ts'
import { anyJail, anyMesh, endpointsOf, type HostDraft, type JailDraft } from './meshes.ts'
import { type MeshDraft, meshOf, plainHost, render, type Rendered, wordsIn } from './meshes.ts'
import { holds, parsePf, type Rule, type Side, type Translation } from './pf.ts'

/** What belongs to a newcomer: a line is its own when it says one of these. */
interface Newcomer {
  /** Of hosts and regions, whole words. */
  readonly names: readonly string[]
  /** `web@bohr` */
  readonly jails: readonly (readonly [jail: string, host: string])[]
  /** In the overlay and on the underlay: prefixes that hold every address of its own. */
  readonly prefixes: readonly string[]
  readonly interfaces: readonly string[]
}

const isOf = ({ prefixes }: Newcomer, text: string): boolean => {
  const [base = '', length] = text.split('/')
  if (!/^[0-9a-f.:]+$/.test(base)) return false
  return prefixes.some(
    prefix => holds(prefix, base) && (length === undefined || Number(prefix.split('/')[1] ?? 128) <= Number(length)),
  )
}

function names(newcomer: Newcomer, line: string): boolean {
  const words = line.split(/[^a-z0-9@.:/-]+/)
  return (
    words.some(word => isOf(newcomer, word.replace(/[.:]$/, ''))) ||
    words.some(word => newcomer.names.some(name => word.split(/[@.:]/).includes(name))) ||
    newcomer.jails.some(([jail, host]) => words.some(word => RegExp(`^${jail}[@.]${host}(?:\\.|$)`).test(word))) ||
    newcomer.interfaces.some(name => RegExp(`(?:^|[^a-z0-9])(?:ifconfig_)?${name}(?![0-9])`).test(line))
  )
}

/** wg0.conf without the newcomer: its section goes, and its prefixes from the sections of those who carry them. */
function withoutPeer(text: string, newcomer: Newcomer, keepAllowed: boolean): string[] {
  return text
    .split('\n\n')
    .filter(section => !newcomer.names.includes(/^# (.*)$/m.exec(section)?.[1] ?? ''))
    .map(section =>
      section
        .replace(/^AllowedIPs = (.*)$/m, (_, list: string) =>
          keepAllowed
            ? `AllowedIPs = ${list
                .split(', ')
                .filter(prefix => !isOf(newcomer, prefix))
                .join(', ')}`
            : '',
        )
        .trim(),
    )
}

/** Rules of pf.conf with tables written out, without what is the newcomer's own; sorted, for all are quick. */
function rulesWithout(text: string, newcomer: Newcomer, ignored: (rule: Rule | Translation) => boolean): string[] {
  const { rules, translations } = parsePf(text)
  const reduced = (side: Side, not: readonly string[] = []): Side | null => {
    if (side.addresses === null || side.not) return side
    const rest = side.addresses.filter(address => !isOf(newcomer, address) && !not.includes(address))
    return rest.length === 0 ? null : { ...side, addresses: rest.toSorted() }
  }
  return [...translations, ...rules]
    .flatMap(rule => {
      if (ignored(rule) || (rule.on !== null && newcomer.interfaces.includes(rule.on))) return []
      if ('target' in rule && isOf(newcomer, rule.target)) return []
      const from = reduced(rule.from)
      // A table of targets holds the sender itself, too, which never sends that to its epair.
      const to = from && reduced(rule.to, from.addresses?.length === 1 ? from.addresses : [])
      if (from === null || to === null) return []
      if (!('label' in rule)) return [JSON.stringify({ ...rule, from, to })]
      // The name of a flow lists its jails where they are not all of that name: then the newcomer is in the label.
      const named = newcomer.jails.some(([jail, host]) => rule.section.includes(`${jail}@${host}`))
      const section = newcomer.jails.reduce(
        (name, [jail, host]) => name.replace(`${jail}@${host},`, '').replace(`,${jail}@${host}`, ''),
        rule.section,
      )
      return [JSON.stringify({ ...rule, from, to, section, label: named ? '' : rule.label })]
    })
    .toSorted()
}

/** Labels of rules whose section lists the newcomer are left out on both sides. */
const withoutLabels = (rules: readonly string[], sections: ReadonlySet<string>): string[] =>
  rules
    .map(rule => JSON.parse(rule) as { section?: string; label?: string })
    .map(rule => JSON.stringify(rule.section && sections.has(rule.section) ? { ...rule, label: '' } : rule))
    .toSorted()

/** Whose packets a host carries, but for those of the newcomer. */
const transits = (mesh: Mesh, name: string, newcomer: Newcomer): string[] => {
  const host = mesh.hosts.find(other => other.name === name)
  return host === undefined
    ? []
    : mesh.connections
        .transitOf(host)
        .map(({ label }) => label)
        .filter(label => !label.split('<>').some(end => newcomer.names.includes(end)))
        .toSorted()
}

interface Compared {
  readonly files: number
  /** Nobody else's packets take another way because of the newcomer. */
  readonly waysKept: boolean
}

/** Every file that was there, held against what it is now. */
function compare(
  draft: MeshDraft,
  before: Rendered,
  after: Rendered,
  newcomer: Newcomer,
  home: string | null,
): Compared {
  // A newcomer may be a better relay than the one before, or give a gateway its first leaf: then ways change.
  const waysKept = before.mesh.hosts.every(
    ({ name }) =>
      JSON.stringify(transits(before.mesh, name, newcomer)) === JSON.stringify(transits(after.mesh, name, newcomer)),
  )
  const carries = after.mesh.hosts.some(
    host => newcomer.names.includes(host.name) && after.mesh.connections.transitOf(host).length > 0,
  )
  const sameWays = waysKept && !carries
  const firstJail = draft.hosts.some(host => host.name === home && host.jails.length === 0)
  for (const [path, text] of before.files) {
    const now = after.files.get(path)
    expect(now, path).toBeDefined()
    if (now === undefined || now === text) continue
    const host = path.split(/[/.]/)[0] ?? ''
    const atHome = host === home
    if (path.endsWith('manifest.json')) {
      const known = (json: string) => {
        const { files, sysrc, ...rest } = JSON.parse(json) as {
          files: { path: string; sha256: string }[]
          sysrc: object
        }
        const same = files.filter(file => before.files.has(host + file.path))
        const kept = same.map(file => ({
          ...file,
          sha256: before.files.get(host + file.path) === after.files.get(host + file.path) ? file.sha256 : 'changed',
        }))
        return { ...rest, files: kept, sysrc: firstJail && atHome ? {} : sysrc }
      }
      expect(known(now), path).toEqual(known(text))
    } else if (path.endsWith('wg0.conf')) {
      expect(withoutPeer(now, newcomer, sameWays), path).toEqual(withoutPeer(text, newcomer, sameWays))
    } else if (/pf(?:-fallback)?\.conf$/.test(path)) {
      const own = after.mesh.hosts.find(other => other.name === host)
      const peers = own ? after.mesh.connections.neighboursOf(own) : []
      const callers = peers.filter(peer => newcomer.names.includes(peer.host.name))
      const opened =
        callers.some(peer => peer.endpoint === null) || (callers.length > 0 && callers.length === peers.length)
      const hadTransit = text.includes('label "t:')
      const ignored = (rule: Rule | Translation): boolean => {
        if (!('label' in rule)) return atHome && rule.kind === 'nat'
        // WireGuard is let in from anywhere as soon as one peer has no endpoint, and not at all without peers.
        if (opened && rule.label.startsWith('wg-')) return true
        if (rule.label.startsWith('t:')) return !sameWays || names(newcomer, rule.label.slice(2))
        if (rule.label.startsWith('default own')) return !sameWays || !hadTransit
        return atHome && rule.label.startsWith('hairpin')
      }
      const [old, is] = [rulesWithout(text, newcomer, ignored), rulesWithout(now, newcomer, ignored)]
      const listed = new Set(
        is
          .map(rule => JSON.parse(rule) as Rule)
          .flatMap(({ section, label }) => (label === '' && section ? [section] : [])),
      )
      expect(withoutLabels(is, listed), path).toEqual(withoutLabels(old, listed))
    } else {
      const lines = now
        .split('\n')
        .map(line =>
          line.startsWith('jail_list=')
            ? newcomer.jails.reduce((l, [jail]) => l.replace(RegExp(` ${jail}(?=[ "])`), ''), line)
            : line,
        )
      const kept = lines.filter(line => !names(newcomer, line))
      const without = (all: readonly string[]) =>
        // On a bridge, whoever shares a flow with the newcomer is private no longer.
        atHome ? all.filter(line => !line.includes('bridge1 private')) : all
      if (atHome && firstJail) continue
      expect(without(kept), path).toEqual(without(text.split('\n').filter(line => !names(newcomer, line))))
    }
  }
  return { files: before.files.size, waysKept: sameWays }
}

const numbersOf = ({ lock }: Rendered) => ({
  regions: [...lock.regions].map(([name, { number, gateway }]) => ({ name, number, gateway })),
  hosts: [...lock.hosts].map(([name, { region, number, jails, keyEpoch, publicKey }]) => ({
    ...{ name, region, number, keyEpoch, publicKey },
    jails: [...jails].map(([jail, { slot }]) => `${jail} ${slot}`),
  })),
})

/** Draws a newcomer for a mesh: the mesh with it, and what of it is the newcomer's. */
interface Arrival {
  readonly after: MeshDraft
  readonly newcomer: (after: Rendered) => Newcomer
  /** The host that a jail comes to. */
  readonly home: string | null
}

/**
 * A jail like one that is there already, or one of a name that nobody has. (One of a known name that serves something
 * else gives flows other names: see the law of labels below.)
 */
const arrivingJail = (draft: MeshDraft): fc.Arbitrary<JailDraft> => {
  const known = draft.hosts.flatMap(host => host.jails)
  const fresh = anyJail('fresh', wordsIn(draft))
  return known.length === 0 ? fresh : fc.oneof(fresh, fc.constantFrom(...known))
}

const hostsOwn = (mesh: Mesh, host: HostDraft): Pick<Newcomer, 'prefixes' | 'jails'> => {
  const planned = mesh.hosts.find(other => other.name === host.name)
  return {
    prefixes: [planned?.prefix.inet.text ?? '', planned?.prefix.inet6.text ?? '', ...Object.values(endpointsOf(host))],
    jails: host.jails.map(jail => [jail.name, host.name] as const),
  }
}

const arrivingHost = (draft: MeshDraft, region: fc.Arbitrary<string>): fc.Arbitrary<Arrival> =>
  fc
    .record({
      name: fc.constantFrom('aaa', 'ibn', 'zzz'),
      region,
      reach: fc.constantFrom('both', 'v4', 'nat4', 'natboth'),
      wiring: fc.constantFrom('routed', 'bridge'),
      keys: fc.constantFrom('derived', 'host'),
      first: fc.boolean(),
      jails: fc.uniqueArray(arrivingJail(draft), { maxLength: 2, selector: jail => jail.name }),
    })
    .map(({ first, ...drawn }) => {
      const host = plainHost(drawn.name, drawn.region, drawn)
      const regions = draft.regions.includes(host.region) ? draft.regions : [host.region, ...draft.regions]
      return {
        after: { ...draft, regions, hosts: first ? [host, ...draft.hosts] : [...draft.hosts, host] },
        home: null,
        newcomer: ({ mesh }) => {
          const own = hostsOwn(mesh, host)
          const planned = draft.regions.includes(host.region)
            ? undefined
            : mesh.regions.find(r => r.name === host.region)
          return {
            ...own,
            names: planned ? [host.name, planned.name] : [host.name],
            prefixes: [...own.prefixes, ...(planned ? [planned.prefix.inet.text, planned.prefix.inet6.text] : [])],
            interfaces: [],
          }
        },
      }
    })

const arrivals: Readonly<Record<'host' | 'jail' | 'region', (draft: MeshDraft) => fc.Arbitrary<Arrival>>> = {
  host: draft => arrivingHost(draft, fc.constantFrom(...draft.regions)),
  region: draft => arrivingHost(draft, fc.constantFrom('alpha', 'zulu')),
  jail: draft =>
    fc
      .tuple(fc.constantFrom(...draft.hosts), arrivingJail(draft), anyJail('fresh', wordsIn(draft)))
      .map(([host, one, fresh]) => {
        const jail = host.jails.some(({ name }) => name === one.name) ? fresh : one
        const hosts = draft.hosts.map(other => (other === host ? { ...host, jails: [jail, ...host.jails] } : other))
        return {
          after: { ...draft, hosts },
          home: host.name,
          newcomer: ({ mesh }) => {
            const wired = mesh.hosts.find(h => h.name === host.name)?.jails.find(j => j.name === jail.name)
            const [address, router] = [wired?.address, wired?.wiring.kind === 'routed' ? wired.router : undefined]
            return {
              names: [],
              jails: [[jail.name, host.name]],
              prefixes: [address?.inet.text, address?.inet6.text, router?.inet.text, router?.inet6.text].flatMap(
                a => a ?? [],
              ),
              interfaces: [`epair${wired?.unit ?? ''}a`, `epair${wired?.unit ?? ''}b`],
            }
          },
        }
      }),
}

describe('who comes changes only what names it, and when it goes all is as it was', () => {
  test.each(['host', 'jail', 'region'] as const)('a %s', async kind => {
    let [compared, strict] = [0, 0]
    await fc.assert(
      fc.asyncProperty(
        anyMesh.chain(draft => fc.tuple(fc.constant(draft), arrivals[kind](draft))),
        async ([draft, { after, newcomer, home }]) => {
          // The second region of a regional mesh makes leaves of hosts that had nobody outside.
          if (kind === 'region' && draft.topology === 'regional' && draft.regions.length === 1) return
          const before = await render(draft)
          const larger = before && (await render(after, before.lock))
          if (before === null || larger === null) return
          const { waysKept } = compare(draft, before, larger, newcomer(larger), home)
          compared += 1
          strict += Number(waysKept)
          const back = await render(draft, larger.lock)
          expect(back?.files).toEqual(before.files)
          const returned = await render(after, back?.lock)
          expect(returned?.files).toEqual(larger.files)
          expect(returned && numbersOf(returned)).toEqual(numbersOf(larger))
        },
      ),
      { numRuns: 30 },
    )
    expect(compared).toBeGreaterThan(12)
    expect(strict).toBeGreaterThan(3)
  })
})

describe('what others keep of their flows', () => {
  const web = { name: 'web', ports: ['8080/tcp'], from: ['db'] }
  const db = { name: 'db', ports: [], from: [] }
  const [ampere, bohr] = [plainHost('ampere', 'east', { jails: [web] }), plainHost('bohr', 'east', { jails: [db] })]
  const labelsOf = (text: string) => new Set([...text.matchAll(/label "(f:[^"]*)"/g)].map(([, label]) => label))

  test.each([
    ['serves the same', web],
    ['serves nothing', { ...web, ports: [] }],
    ['serves others', { ...web, from: ['ampere'] }],
    ['serves another port', { ...web, ports: ['9090/tcp'] }],
  ] as const)('a jail of a known name that %s renames no rule of the flows that were there', async (_, jail) => {
    const before = await render(meshOf(ampere, bohr))
    const after = await render(meshOf(ampere, bohr, plainHost('curie', 'east', { jails: [jail] })), before?.lock)
    for (const host of ['ampere', 'bohr']) {
      const path = `${host}/etc/pf.conf`
      const now = labelsOf(after?.files.get(path) ?? '')
      for (const label of labelsOf(before?.files.get(path) ?? '')) expect(now, path).toContain(label)
    }
  })
})

const anyDeparture = anyMesh
  .filter(draft => draft.hosts.length > 1)
  .chain(draft => fc.tuple(fc.constant(draft), fc.constantFrom(...draft.hosts)))

/** The mesh with somebody at the place of another. */
const without = (draft: MeshDraft, gone: HostDraft, ...more: readonly HostDraft[]): MeshDraft => {
  const hosts = [...more, ...draft.hosts.filter(host => host !== gone)]
  const regions = [...new Set([...draft.regions, ...more.map(host => host.region)])]
  return { ...draft, hosts, regions: regions.filter(region => hosts.some(host => host.region === region)), flows: [] }
}

/** Words of `from:` may mean who is gone, and gateways are remembered: here it is about numbers. */
const silent = (draft: MeshDraft): MeshDraft => ({
  ...draft,
  topology: 'full',
  flows: [],
  hosts: draft.hosts.map(host => ({ ...host, jails: host.jails.map(jail => ({ ...jail, from: [] })) })),
})

describe('gateways', () => {
  const regional = (...hosts: readonly HostDraft[]): MeshDraft => ({ ...meshOf(...hosts), topology: 'regional' })
  const ampere = plainHost('ampere', 'east', { reach: 'nat4' })
  const [fermi, hertz] = [plainHost('fermi', 'west'), plainHost('hertz', 'west', { reach: 'v6' })]
  const like = plainHost('aaa', 'west')

  test('a region whose gateway goes as its like comes is joined to the others as it would be without a lock', async () => {
    const before = await render(regional(ampere, fermi, hertz))
    expect(await render(regional(ampere, hertz, like))).not.toBeNull()
    expect(await render(regional(ampere, hertz, like), before?.lock)).not.toBeNull()
  })

  test('a region with a host that reaches the others has a gateway that does', async () => {
    const first = plainHost('aaa', 'west', { reach: 'v6' })
    expect(await render(regional(ampere, first, fermi))).not.toBeNull()
  })
})

describe('numbers', () => {
  test('of a host that goes are not given to one that comes in the same step, and are its own when it returns', async () => {
    let seen = 0
    await fc.assert(
      fc.asyncProperty(anyDeparture, async ([drawn, victim]) => {
        const draft = silent(drawn)
        const gone = draft.hosts.find(host => host.name === victim.name)
        const before = await render(draft)
        const old = before?.mesh.hosts.find(host => host.name === victim.name)
        if (gone === undefined || before === null || old === undefined) return
        // A key that was rotated stays rotated while its host is away.
        const rotated = before.lock.hosts.get(old.name)
        if (rotated === undefined) throw new Error('the lock has every host')
        const lock = { ...before.lock, hosts: new Map(before.lock.hosts).set(old.name, { ...rotated, keyEpoch: 7 }) }
        const other = await render(without(draft, gone, plainHost('aaa', gone.region)), lock)
        if (other === null) return
        const comer = other.mesh.hosts.find(host => host.name === 'aaa')
        expect(comer?.number).not.toBe(old.number)
        expect(comer?.prefix.inet.text).not.toBe(old.prefix.inet.text)
        expect(other.lock.hosts.get(old.name)).toMatchObject({ number: old.number, keyEpoch: 7, retired: true })
        const all = await render({ ...draft, hosts: [plainHost('aaa', gone.region), ...draft.hosts] }, other.lock)
        const back = all?.mesh.hosts.find(host => host.name === old.name)
        expect(back).toMatchObject({ number: old.number, keyEpoch: 7, prefix: old.prefix })
        expect(back?.jails.map(jail => [jail.name, jail.slot])).toEqual(old.jails.map(jail => [jail.name, jail.slot]))
        expect(all?.lock.hosts.get(old.name)?.retired).toBe(false)
        seen += 1
      }),
      { numRuns: 30 },
    )
    expect(seen).toBeGreaterThan(15)
  })

  test('of a jail that goes are not given to one that comes in the same step, and are its own when it returns', async () => {
    const jails = (...names: readonly string[]) => names.map(name => ({ name, ports: [], from: [] }))
    const slotsOf = (rendered: Rendered | null) =>
      Object.fromEntries(rendered?.mesh.hosts.flatMap(host => host.jails.map(jail => [jail.name, jail.slot])) ?? [])
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom('cache', 'db', 'dns', 'media', 'web'), { minLength: 1 }),
        fc.nat(4),
        fc.constantFrom('routed', 'bridge'),
        async (known, n, wiring) => {
          const gone = known[n % known.length] ?? ''
          const host = (...names: readonly string[]) =>
            meshOf(plainHost('ampere', 'east', { wiring, jails: jails(...names) }), plainHost('bohr', 'east'))
          const before = await render(host(...known))
          const other = await render(host('aaa', ...known.filter(name => name !== gone)), before?.lock)
          const slots = slotsOf(before)
          expect(Object.values(slots)).not.toContain(slotsOf(other)['aaa'])
          const all = await render(host('aaa', ...known), other?.lock)
          expect(slotsOf(all)).toEqual({ ...slots, aaa: slotsOf(other)['aaa'] })
        },
      ),
      { numRuns: 20 },
    )
  })

  test('of a region that goes are not given to one that comes in the same step, and are its own when it returns', async () => {
    const regionsOf = (rendered: Rendered | null) =>
      Object.fromEntries(rendered?.mesh.regions.map(region => [region.name, region.number]) ?? [])
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom('centre', 'east', 'north', 'south', 'west'), { minLength: 1 }),
        fc.nat(4),
        async (known, n) => {
          const gone = known[n % known.length] ?? ''
          const mesh = (...regions: readonly string[]) =>
            meshOf(...regions.map(region => plainHost(`${region}-a`, region)))
          const before = await render(mesh(...known))
          const other = await render(mesh('alpha', ...known.filter(name => name !== gone)), before?.lock)
          expect(Object.values(regionsOf(before))).not.toContain(regionsOf(other)['alpha'])
          const all = await render(mesh('alpha', ...known), other?.lock)
          expect(regionsOf(all)).toEqual({ ...regionsOf(before), alpha: regionsOf(other)['alpha'] })
        },
      ),
      { numRuns: 20 },
    )
  })

  test('of a host that moves to another region are kept for nobody else in the step that moves it', async () => {
    const [ampere, bohr] = [plainHost('ampere', 'west'), plainHost('bohr', 'west')]
    const curie = plainHost('curie', 'east')
    const before = await render(meshOf(ampere, bohr, curie))
    const moved = meshOf(ampere, { ...bohr, region: 'east' }, curie, plainHost('dirac', 'west'))
    const prefixOf = (rendered: Rendered | null, name: string) =>
      rendered?.mesh.hosts.find(host => host.name === name)?.prefix.inet.text
    for (const regions of [
      ['east', 'west'],
      ['west', 'east'],
    ])
      expect(prefixOf(await render({ ...moved, regions }, before?.lock), 'dirac')).not.toBe(prefixOf(before, 'bohr'))
  })
})

/** What passes is what somebody asked for: packets sent through the rendered pf.conf files, host after host. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Host, Jail } from '../../topology/mesh.ts'
import {
  anyMesh,
  endpointsOf,
  type FlowDraft,
  type HostDraft,
  isExternal,
  type MeshDraft,
  meshOf,
  plainHost,
  render,
  type Rendered,
} from './meshes.ts'
import { evaluate, type Interfaces, type Packet, parsePf, type Ruleset, translate } from './pf.ts'
import { wayTo } from './ways.ts'

describe('our reading of pf.conf', () => {
  const packet: Packet = {
    ...{ direction: 'in', on: 'em0', family: 'inet', protocol: 'tcp' },
    ...{ from: '192.0.2.9', to: '198.51.100.1', port: 443 },
  }
  const passes = (text: string, more: Partial<Packet> = {}) =>
    evaluate(parsePf(text), { ...packet, ...more }, { em0: ['198.51.100.1', '2001:db8::1'] }).pass

  for (const [text, more, expected, why] of [
    ['', {}, true, 'pf passes what no rule matches'],
    ['block all', {}, false, ''],
    ['block all\npass in on em0 all', {}, true, 'the last match wins'],
    ['pass in on em0 all\nblock all', {}, false, 'the last match wins'],
    ['pass in quick on em0 all\nblock all', {}, true, 'quick ends it'],
    ['block all\npass out on em0 all', {}, false, 'the other direction'],
    ['block all\npass in on em1 all', {}, false, 'another interface'],
    ['block all\npass in on epair from any to any', { on: 'epair101a' }, true, 'a group of interfaces'],
    ['block all\npass in on epair10a from any to any', { on: 'epair101a' }, false, 'no prefix of a name'],
    ['block all\npass in inet6 from any to any', {}, false, 'the other family'],
    ['block all\npass proto udp from any to any', {}, false, 'another protocol'],
    ['block all\npass from any to any port 443', {}, true, ''],
    ['block all\npass from any to any port 400:443', {}, true, 'a range holds its ends'],
    ['block all\npass from any to any port 444:500', {}, false, 'outside of the range'],
    ['block all\npass from any port 443 to any', {}, false, 'the source port is another'],
    ['block all\npass from 192.0.2.0/24 to any', {}, true, ''],
    ['block all\npass from 192.0.2.0/29 to any', {}, false, ''],
    ['block all\npass from 192.0.2.1 - 192.0.2.9 to any', {}, true, 'a range of addresses holds its ends'],
    ['block all\npass from 192.0.2.1 - 192.0.2.8 to any', {}, false, ''],
    ['block all\npass from ! 192.0.2.0/24 to any', {}, false, ''],
    ['block all\npass from any to (em0)', {}, true, 'the addresses of an interface'],
    ['block all\npass from any to (em0)', { to: '198.51.100.2' }, false, ''],
    ['i = "em0"\ntable <t> const { 192.0.2.1, 192.0.2.8/29 }\nblock all\npass in on $i from <t> to any', {}, true, ''],
    ['table <t> const { \\\n  192.0.2.1, \\\n  192.0.2.2 \\\n}\nblock all\npass from <t> to any', {}, false, ''],
    ['table <t> const { 192.0.2.9 }\npass all\nblock from ! <t> to any', {}, true, 'not in the table'],
    ['block all\npass tagged MW', {}, false, 'no tag'],
    ['block all\npass tagged MW', { tag: 'MW' }, true, ''],
    ['block all\npass in on em1 all tag MW\npass tagged MW', {}, false, 'only a rule that matches tags'],
    ['block in all tag MW\npass tagged MW', {}, true, 'also one that does not decide'],
    ['block all\npass proto icmp from any to any icmp-type echoreq', { protocol: 'icmp', icmp: 'echoreq' }, true, ''],
    ['block all\npass proto icmp from any to any icmp-type { unreach, timex }', { protocol: 'icmp' }, false, ''],
    ['set skip on lo0\nblock all', { on: 'lo0' }, true, ''],
  ] as const)
    test(`${JSON.stringify(text)} ${expected ? 'passes' : 'blocks'} ${JSON.stringify(more)}${why && `: ${why}`}`, () =>
      expect(passes(text, more)).toBe(expected))

  test('translations: the first of a kind, and only of that kind', () => {
    const set = parsePf(
      'nat on em0 inet from 10.0.0.0/8 to ! 10.0.0.0/8 -> (em0:0)\n' +
        'rdr on em0 inet proto tcp from any to (em0) port 80:443 -> 10.0.0.3\n' +
        'rdr on em0 inet proto tcp from any to (em0) port 443 -> 10.0.0.4\n',
    )
    const interfaces = { em0: ['2001:db8::1', '198.51.100.1'] }
    expect(translate(set, 'rdr', packet, interfaces).to).toBe('10.0.0.3')
    expect(translate(set, 'rdr', { ...packet, port: 444 }, interfaces).to).toBe('198.51.100.1')
    expect(translate(set, 'nat', { ...packet, from: '10.0.0.3' }, interfaces).from).toBe('198.51.100.1')
    expect(translate(set, 'nat', { ...packet, from: '10.0.0.3', to: '10.0.0.4' }, interfaces).from).toBe('10.0.0.3')
  })

  test('what it does not know it does not guess at', () => {
    for (const text of [
      'pass in on em0 divert',
      'pass from <t> to any',
      'pass on $ext all',
      'antispoof for em0',
      'pass from any to any port 0',
    ])
      expect(() => parsePf(text), text).toThrow()
  })
})

/** A machine, a jail, or an address on the underlay. */
type End =
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'jail'; readonly host: string; readonly jail: string }
  | { readonly kind: 'external'; readonly address: string }

type Probe = { readonly protocol: 'tcp' | 'udp'; readonly port: number } | { readonly protocol: 'icmp' }
const inBoth = ['inet', 'inet6'] as const

const endText = (end: End): string =>
  end.kind === 'external' ? end.address : end.kind === 'host' ? end.host : `${end.jail}@${end.host}`

const outsider = { inet: '198.18.0.1', inet6: '2001:db8:77::1' } as const
const familyOf = (address: string) => (address.includes(':') ? 'inet6' : 'inet')

/** Whom a word means, from the draft alone. A group of hosts sends with its jails and serves without them (README). */
function endsOf(word: string, draft: MeshDraft, side: 'from' | 'to', adminOf: HostDraft | null): readonly End[] {
  const first = (prefix: string) =>
    ({ kind: 'external', address: prefix.replace(/\/.*/, '').replace(/::$/, '::1') }) as const
  if (word === 'outside') return inBoth.map(family => ({ kind: 'external', address: outsider[family] }))
  if (word === 'admin') return (adminOf?.admin ?? []).map(first)
  if (isExternal(word)) return [first(word)]
  const jailsOf = (host: HostDraft) =>
    host.jails.map(jail => ({ kind: 'jail', host: host.name, jail: jail.name }) as const)
  const jails = draft.hosts.flatMap(jailsOf).filter(({ jail, host }) => word === jail || word === `${jail}@${host}`)
  if (jails.length > 0) return jails
  const machine = draft.hosts.find(host => host.name === word)
  if (machine) return [{ kind: 'host', host: machine.name }]
  const bare = word.replace(/^region:/, '')
  const group = draft.hosts.filter(
    host => word === 'hosts' || host.region === bare || host.class === word || host.labels.includes(word),
  )
  return group.flatMap(host => [{ kind: 'host', host: host.name } as const, ...(side === 'from' ? jailsOf(host) : [])])
}

interface Asked {
  readonly from: readonly End[]
  readonly to: readonly End[]
  readonly ports: readonly string[]
  readonly what: string
}

/** Everything that somebody wrote down, one entry a host where `admin` means something else on each. */
function askedFor(draft: MeshDraft): readonly Asked[] {
  interface Written extends FlowDraft {
    readonly at: HostDraft | null
  }
  const served = draft.hosts.flatMap(host =>
    host.jails.flatMap(({ name, ports, from }) =>
      from.map(word => ({ from: word, to: `${name}@${host.name}`, ports, at: host })),
    ),
  )
  const resolved = draft.hosts.flatMap(host =>
    host.jails.flatMap(({ name }) =>
      host.resolvers.map(to => ({ from: `${name}@${host.name}`, to, ports: ['53/tcp', '53/udp'], at: host })),
    ),
  )
  const declared = draft.flows.flatMap((flow): readonly Written[] =>
    [flow.from, flow.to].includes('admin') ? draft.hosts.map(at => ({ ...flow, at })) : [{ ...flow, at: null }],
  )
  const written: readonly Written[] = [...served, ...resolved, ...declared]
  return written.map(({ from, to, ports, at }) => {
    const of = (word: string, side: 'from' | 'to'): readonly End[] =>
      /^[0-9a-f]+[.:][0-9a-f.:]*$/.test(word) ? [{ kind: 'external', address: word }] : endsOf(word, draft, side, at)
    // Each host has admins of its own: they come to it, and its own jails go to them.
    const here = (word: string, ends: readonly End[]) =>
      word === 'admin' ? ends.filter(end => end.kind === 'external' || end.host === at?.name) : ends
    return { from: here(to, of(from, 'from')), to: here(from, of(to, 'to')), ports, what: `${from}>${to}` }
  })
}

const rangeOf = (port: string) => {
  const [, first = '', last = first, protocol = ''] = /^(\d+)(?:-(\d+))?\/(tcp|udp)$/.exec(port) ?? []
  return { first: Number(first), last: Number(last), protocol: protocol as 'tcp' | 'udp' }
}

const probesOf = (port: string): readonly Probe[] => {
  if (port === 'icmp') return [{ protocol: 'icmp' }]
  const { first, last, protocol } = rangeOf(port)
  return [...new Set([first, last, (first + last) >> 1])].map(n => ({ protocol, port: n }))
}

const lets = (port: string, probe: Probe): boolean => {
  if (port === 'icmp' || probe.protocol === 'icmp') return port === probe.protocol
  const { first, last, protocol } = rangeOf(port)
  return protocol === probe.protocol && first <= probe.port && probe.port <= last
}

const kindOf = (probe: Probe, family: Packet['family']): Pick<Packet, 'protocol' | 'port' | 'fromPort' | 'icmp'> =>
  probe.protocol === 'icmp'
    ? { protocol: family === 'inet' ? 'icmp' : 'icmp6', icmp: 'echoreq' }
    : { ...probe, fromPort: 50_123 }

/** The rendered mesh, with pf on every host. */
class World {
  readonly draft: MeshDraft
  readonly #rendered: Rendered
  readonly #rules: ReadonlyMap<string, Ruleset>

  constructor(draft: MeshDraft, rendered: Rendered) {
    this.draft = draft
    this.#rendered = rendered
    this.#rules = new Map(
      rendered.mesh.hosts.map(({ name }) => [name, parsePf(rendered.files.get(`${name}/etc/pf.conf`) ?? '')]),
    )
  }

  host(name: string): Host {
    return this.#rendered.mesh.hosts.find(host => host.name === name) ?? fail(name)
  }

  #jail(end: End & { kind: 'jail' }): Jail {
    return this.host(end.host).jails.find(jail => jail.name === end.jail) ?? fail(endText(end))
  }

  interfaces(host: string): Interfaces {
    const draft = this.draft.hosts.find(({ name }) => name === host) ?? fail(host)
    const { inet, inet6 } = endpointsOf(draft)
    return { vtnet0: [inet ?? '192.168.77.7', inet6 ?? 'fd77::7'] }
  }

  outside(host: string, family: Packet['family']): string {
    return this.interfaces(host)['vtnet0']?.[family === 'inet' ? 0 : 1] ?? fail(host)
  }

  address(end: Exclude<End, { kind: 'external' }>, family: Packet['family']): string {
    return (end.kind === 'host' ? this.host(end.host) : this.#jail(end)).address[family].text
  }

  /** Null: pf lets it through; else where it ends. The tag is what the packet came in with. */
  step(host: string, packet: Packet): { readonly tag: string | null } | string {
    const { pass, tag, rule } = evaluate(this.#rules.get(host) ?? fail(host), packet, this.interfaces(host))
    return pass ? { tag } : `${packet.direction} on ${packet.on} of ${host}: ${rule?.label ?? ''}`
  }

  /** In on one interface, out on another, the tag between them. */
  #through(host: string, packet: Omit<Packet, 'direction' | 'on'>, from: string, to: string | null): string | null {
    const inside = this.step(host, { ...packet, direction: 'in', on: from })
    if (typeof inside === 'string' || to === null) return typeof inside === 'string' ? inside : null
    const out = this.step(host, { ...packet, direction: 'out', on: to, tag: inside.tag })
    return typeof out === 'string' ? out : null
  }

  #shared(a: Jail, b: Jail): string | null {
    const isPrivate = (jail: Jail) =>
      (this.#rendered.files.get(`${jail.host}/etc/jail.conf.d/${jail.name}.conf`) ?? '').includes('bridge1 private')
    return isPrivate(a) && isPrivate(b) ? 'private members of a bridge' : null
  }

  /** Where a packet is stopped on its whole way; null: it arrives. `last`: seen by the receiving host alone. */
  journey(from: End, to: End, probe: Probe, family: Packet['family'], last = false): string | null {
    const kind = kindOf(probe, family)
    if (from.kind === 'external')
      return to.kind === 'external' ? 'no way' : this.#arrive(from.address, to, kind, family)
    const filteredOn = from.kind === 'jail' ? this.#jail(from).filteredOn : null
    const source = this.address(from, family)
    if (to.kind === 'external') return this.#leave(from.host, source, filteredOn, { ...kind, family, to: to.address })
    const packet = { ...kind, family, from: source, to: this.address(to, family) }
    const towards = to.kind === 'jail' ? this.#jail(to).filteredOn : null
    if (from.host === to.host) {
      if (from.kind === 'jail' && to.kind === 'jail' && filteredOn === towards)
        return this.#shared(this.#jail(from), this.#jail(to))
      if (filteredOn !== null) return this.#through(from.host, packet, filteredOn, towards)
      if (to.kind !== 'jail' || towards === null) return null
      // The host's end of the link is the nearest address of its own.
      const near = { ...packet, from: this.#jail(to).router[family].text }
      const out = this.step(from.host, { ...near, direction: 'out', on: towards })
      return typeof out === 'string' ? out : null
    }
    const { files, mesh } = this.#rendered
    const way = wayTo(files, mesh, from.host, this.host(to.host).address[family].text)
    if (way === null) return 'no way'
    for (const [i, host] of way.entries()) {
      if (last && i < way.length - 1) continue
      const [into, out] = [i === 0 ? filteredOn : 'wg0', i === way.length - 1 ? towards : 'wg0']
      const leaving = into === null ? this.step(host, { ...packet, direction: 'out', on: 'wg0' }) : null
      const stopped =
        into === null ? (typeof leaving === 'string' ? leaving : null) : this.#through(host, packet, into, out)
      if (stopped !== null) return stopped
    }
    return null
  }

  /** From the underlay to a host, or to a jail that the port leads to. */
  #arrive(
    address: string,
    to: Exclude<End, { kind: 'external' }>,
    kind: Pick<Packet, 'protocol'>,
    family: Packet['family'],
  ) {
    const packet: Packet = {
      ...{ ...kind, family, from: address, direction: 'in', on: 'vtnet0' },
      to: this.outside(to.host, family),
    }
    const led = translate(this.#rules.get(to.host) ?? fail(to.host), 'rdr', packet, this.interfaces(to.host))
    if (to.kind === 'jail' && led.to !== this.address(to, family)) return 'leads elsewhere'
    if (to.kind === 'host' && led !== packet) return 'leads to a jail'
    return this.#through(to.host, led, 'vtnet0', to.kind === 'jail' ? this.#jail(to).filteredOn : null)
  }

  #leave(host: string, source: string, filteredOn: string | null, kind: Omit<Packet, 'direction' | 'on' | 'from'>) {
    const own = this.outside(host, kind.family)
    let tag: string | null = null
    if (filteredOn !== null) {
      const inside = this.step(host, { ...kind, from: source, direction: 'in', on: filteredOn })
      if (typeof inside === 'string') return inside
      tag = inside.tag
    }
    const leaving: Packet = { ...kind, from: filteredOn === null ? own : source, direction: 'out', on: 'vtnet0', tag }
    const seen = translate(this.#rules.get(host) ?? fail(host), 'nat', leaving, this.interfaces(host))
    if (seen.from !== own) return 'leaves by an address of the overlay'
    const out = this.step(host, seen)
    return typeof out === 'string' ? out : null
  }
}

const fail = (what: string): never => {
  throw new Error(`there is no ${what}`)
}

const same = (a: End, b: End): boolean => endText(a) === endText(b)

/** Does the underlay give this pair a way at all? Jails leave by NAT, which needs an address of the family. */
function possible(world: World, from: End, to: End, family: Packet['family']): boolean {
  for (const end of [from, to]) if (end.kind === 'external' && familyOf(end.address) !== family) return false
  if (from.kind === 'external' && to.kind !== 'external') return world.host(to.host).sends[family]
  if (to.kind !== 'external' || from.kind === 'external') return true
  const host = world.host(from.host)
  return from.kind === 'host' || (family === 'inet' ? host.sends.inet : host.endpoint.inet6 !== null)
}

async function forWorlds(law: (world: World) => void, numRuns = 30): Promise<void> {
  let sound = 0
  await fc.assert(
    fc.asyncProperty(anyMesh, async draft => {
      const rendered = await render(draft)
      if (rendered === null) return
      sound += 1
      law(new World(draft, rendered))
    }),
    { numRuns },
  )
  expect(sound).toBeGreaterThan(numRuns / 2)
}

describe('pf of a mesh', () => {
  test('lets every flow through, from its sender over every host on the way to whom it is for', async () => {
    let [sent, carried] = [0, 0]
    await forWorlds(world => {
      for (const { from, to, ports, what } of askedFor(world.draft))
        for (const sender of from)
          for (const receiver of to)
            for (const probe of ports.flatMap(probesOf))
              for (const family of inBoth) {
                if (same(sender, receiver) || !possible(world, sender, receiver, family)) continue
                const text = `${what}: ${endText(sender)} → ${endText(receiver)} ${JSON.stringify(probe)} ${family}`
                expect(world.journey(sender, receiver, probe, family), text).toBeNull()
                sent += 1
                carried += Number(sender.kind === 'jail' && receiver.kind === 'jail' && sender.host !== receiver.host)
              }
    })
    expect(sent).toBeGreaterThan(500)
    expect(carried).toBeGreaterThan(100)
  })

  test('lets every jail ask its resolver, also where a jail is called jails', async () => {
    const jails = ['jails', 'web'].map(name => ({ name, ports: [], from: [] }))
    const flows = [{ from: 'jails', to: '192.0.2.53', ports: ['53/tcp', '53/udp'] }]
    const draft = { ...meshOf(plainHost('ampere', 'east', { resolvers: ['192.0.2.53'], jails })), flows }
    const rendered = await render(draft)
    if (rendered === null) throw new Error('a sound mesh')
    const web = { kind: 'jail', host: 'ampere', jail: 'web' } as const
    const resolver = { kind: 'external', address: '192.0.2.53' } as const
    expect(new World(draft, rendered).journey(web, resolver, { protocol: 'udp', port: 53 }, 'inet')).toBeNull()
  })

  test('lets nothing else through, neither on the whole way nor on the receiving host alone', async () => {
    let [refused, granted] = [0, 0]
    await fc.assert(
      fc.asyncProperty(
        anyMesh,
        fc.array(
          fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.integer({ min: -1, max: 1 }), fc.integer({ min: 1, max: 65535 })),
          {
            minLength: 60,
            maxLength: 60,
          },
        ),
        async (draft, draws) => {
          const rendered = await render(draft)
          if (rendered === null) return
          const world = new World(draft, rendered)
          const asked = askedFor(draft)
          const jails = draft.hosts.flatMap(host =>
            host.jails.map(jail => ({ kind: 'jail', host: host.name, jail: jail.name }) as const),
          )
          const hosts = draft.hosts.map(host => ({ kind: 'host', host: host.name }) as const)
          const outside = inBoth.map(family => ({ kind: 'external', address: outsider[family] }) as const)
          const [senders, receivers] = [
            [...jails, ...jails, ...hosts, ...outside],
            [...jails, ...jails, ...hosts],
          ]
          // Ports that are asked for, and their neighbours, are where a mistake would show.
          const known = asked.flatMap(({ ports }) => ports.filter(port => port !== 'icmp').map(rangeOf))
          for (const [n, [a, b, c, beside, random]] of draws.entries()) {
            // Every third one is what somebody asked for, but for its port, or one of its ends, or nothing at all.
            const near = n % 3 === 0 ? asked[c % asked.length] : undefined
            const pick = (all: readonly End[], at: number, ends?: readonly End[]): End | undefined =>
              ends !== undefined && at % 4 !== 0 ? ends[at % ends.length] : all[at % all.length]
            const [from, to] = [pick(senders, a, near?.from), pick(receivers, b, near?.to)]
            if (from === undefined || to === undefined || to.kind === 'external' || same(from, to)) continue
            const ports = near?.ports.flatMap(port => (port === 'icmp' ? [] : [rangeOf(port)])) ?? known
            const at = ports[c % (ports.length + 1)]
            const port = at === undefined ? random : beside < 0 ? at.first - 1 : beside > 0 ? at.last + 1 : at.first
            const protocol = random % 3 === 0 ? 'udp' : random % 3 === 1 ? 'tcp' : (at?.protocol ?? 'tcp')
            // Every host may be pinged, by every host at least.
            const probe: Probe = to.kind === 'jail' && random % 16 === 0 ? { protocol: 'icmp' } : { protocol, port }
            // On a bridge pf does not see what its jails say to each other (check warns of it); lo0 is skipped.
            if (
              from.kind !== 'external' &&
              from.host === to.host &&
              (from.kind === 'host'
                ? to.kind === 'host'
                : to.kind === 'jail' && world.host(to.host).spec.wiring === 'bridge')
            )
              continue
            const wanted = asked.some(
              flow =>
                flow.from.some(end => same(end, from)) &&
                flow.to.some(end => same(end, to)) &&
                flow.ports.some(p => lets(p, probe)),
            )
            if (wanted) granted += 1
            if (wanted || (to.kind === 'host' && port === 51820)) continue
            for (const family of inBoth) {
              if (from.kind === 'external' && familyOf(from.address) !== family) continue
              const text = `${endText(from)} → ${endText(to)} ${JSON.stringify(probe)} ${family}`
              expect(world.journey(from, to, probe, family), text).not.toBeNull()
              // A host is trusted by nobody else's pf: the receiver decides again. (Its own jails it reaches directly.)
              expect(world.journey(from, to, probe, family, true), `at ${to.host}: ${text}`).not.toBeNull()
              refused += 1
            }
          }
        },
      ),
      { numRuns: 30 },
    )
    expect(refused).toBeGreaterThan(500)
    expect(granted).toBeGreaterThan(10)
  })

  test('lets nothing of the overlay out to the underlay or in from there, whatever its tag', () =>
    forWorlds(world => {
      for (const a of world.draft.hosts)
        for (const b of world.draft.hosts)
          for (const family of inBoth) {
            const inner = world.address({ kind: 'host', host: b.name }, family)
            const own = world.outside(a.name, family)
            const common = { family, protocol: 'tcp', port: 443, on: 'vtnet0', tag: 'MW' } as const
            for (const from of [inner, own])
              expect(world.step(a.name, { ...common, direction: 'out', from, to: inner })).toMatch(/leak/)
            for (const to of [inner, own])
              expect(world.step(a.name, { ...common, direction: 'in', from: inner, to })).toMatch(/spoof/)
          }
    }, 20))

  test('lets no jail speak with the address of another where each has an epair of its own', async () => {
    let refused = 0
    await forWorlds(world => {
      // What one may say is what another would like to.
      for (const { from, to, ports } of askedFor(world.draft))
        for (const sender of from) {
          if (sender.kind !== 'jail' || world.host(sender.host).spec.wiring === 'bridge') continue
          const others = world.host(sender.host).jails.filter(jail => jail.name !== sender.jail)
          for (const { filteredOn } of others)
            for (const family of inBoth)
              for (const receiver of to.slice(0, 3))
                for (const probe of ports.flatMap(port => probesOf(port).slice(0, 1))) {
                  const target = receiver.kind === 'external' ? receiver.address : world.address(receiver, family)
                  if (familyOf(target) !== family) continue
                  const packet = { ...kindOf(probe, family), family, from: world.address(sender, family), to: target }
                  expect(world.step(sender.host, { ...packet, direction: 'in', on: filteredOn })).toMatch(
                    /default|hairpin/,
                  )
                  refused += 1
                }
        }
    }, 20)
    expect(refused).toBeGreaterThan(50)
  })

  test('every host may ping every host, as README says', () =>
    forWorlds(world => {
      const hosts = world.draft.hosts.map(host => ({ kind: 'host', host: host.name }) as const)
      for (const from of hosts)
        for (const to of hosts)
          for (const family of inBoth)
            expect(
              world.journey(from, to, { protocol: 'icmp' }, family),
              `${endText(from)} → ${endText(to)}`,
            ).toBeNull()
    }, 20))
})

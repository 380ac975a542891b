/** What holds for every mesh. */
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lockText } from '../../src/load/lock.ts'
import type { Mesh } from '../../topology/mesh.ts'
import {
  anyMesh,
  type HostDraft,
  type JailDraft,
  type MeshDraft,
  meshOf,
  plainHost,
  render,
  type Rendered,
} from './meshes.ts'
import { ownerOf, ownersOf, wayTo, wgOf } from './ways.ts'

const runs = { numRuns: 30 }

/** Calls the law with meshes that are sound, and makes sure that there were enough of them. */
async function forMeshes(law: (draft: MeshDraft, rendered: Rendered) => Promise<void> | void): Promise<void> {
  let sound = 0
  await fc.assert(
    fc.asyncProperty(anyMesh, async draft => {
      const rendered = await render(draft)
      if (rendered === null) return
      sound += 1
      await law(draft, rendered)
    }),
    runs,
  )
  expect(sound).toBeGreaterThan(15)
}

/** The same in any order. */
const permuted = <T>(items: readonly T[]): fc.Arbitrary<T[]> =>
  fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length })

type Reordering = (draft: MeshDraft) => fc.Arbitrary<MeshDraft>

const hostsIn =
  (change: (host: HostDraft) => fc.Arbitrary<Partial<HostDraft>>): Reordering =>
  draft =>
    fc
      .tuple(...draft.hosts.map(host => change(host).map(changed => ({ ...host, ...changed }))))
      .map(hosts => ({ ...draft, hosts }))

const jailsIn = (change: (jail: JailDraft) => fc.Arbitrary<Partial<JailDraft>>): Reordering =>
  hostsIn(host =>
    fc.record({ jails: fc.tuple(...host.jails.map(jail => change(jail).map(changed => ({ ...jail, ...changed })))) }),
  )

/** What has no order: regions, hosts and jails have names, and these lists are sets. */
const reorderings: readonly (readonly [what: string, Reordering])[] = [
  ['files of regions', draft => permuted(draft.regions).map(regions => ({ ...draft, regions }))],
  ['hosts', draft => permuted(draft.hosts).map(hosts => ({ ...draft, hosts }))],
  ['jails', hostsIn(({ jails }) => fc.record({ jails: permuted(jails) }))],
  ['flows', draft => permuted(draft.flows).map(flows => ({ ...draft, flows }))],
  [
    'ports of flows',
    draft =>
      fc
        .tuple(...draft.flows.map(flow => permuted(flow.ports).map(ports => ({ ...flow, ports }))))
        .map(flows => ({ ...draft, flows })),
  ],
  ['ports of jails', jailsIn(({ ports }) => fc.record({ ports: permuted(ports) }))],
  ['from: of jails', jailsIn(({ from }) => fc.record({ from: permuted(from) }))],
  ['admin:', hostsIn(({ admin }) => fc.record({ admin: permuted(admin) }))],
  ['lan:', hostsIn(({ lan }) => fc.record({ lan: permuted(lan) }))],
  ['labels:', hostsIn(({ labels }) => fc.record({ labels: permuted(labels) }))],
]

/** The list of admin: prefixes has a law of its own above. */
const everyReordering: Reordering = draft =>
  reorderings
    .filter(([what]) => what !== 'admin:')
    .reduce<fc.Arbitrary<MeshDraft>>((reordered, [, reorder]) => reordered.chain(reorder), fc.constant(draft))

describe('nothing ever renumbers', () => {
  test.each([...reorderings, ['all of these but admin:', everyReordering] as const])(
    'the order of %s changes no byte',
    async (_, reorder) => {
      let moved = 0
      await fc.assert(
        fc.asyncProperty(
          anyMesh
            .chain(draft => fc.tuple(fc.constant(draft), reorder(draft)))
            .filter(([draft, reordered]) => JSON.stringify(draft) !== JSON.stringify(reordered)),
          async ([draft, reordered]) => {
            const [one, other] = [await render(draft), await render(reordered)]
            expect(other?.files).toEqual(one?.files)
            expect(other && lockText(other.lock)).toBe(one && lockText(one.lock))
            if (one !== null) moved += 1
          },
        ),
        { numRuns: 20 },
      )
      expect(moved).toBeGreaterThan(0)
    },
  )

  test('two flows that differ in their why: alone are read alike in either order', async () => {
    const jails = [
      { name: 'db', ports: [], from: [] },
      { name: 'web', ports: [], from: [] },
    ]
    const flow = { from: 'web', to: 'db', ports: ['5432/tcp'] }
    const flows = [
      { ...flow, why: 'queries' },
      { ...flow, why: 'backups' },
    ]
    const draft = { ...meshOf(plainHost('ampere', 'east', { jails }), plainHost('bohr', 'east')), flows }
    const other = { ...draft, flows: flows.toReversed() }
    expect((await render(other))?.files).toEqual((await render(draft))?.files)
  })

  test('the order of the files numbers nobody, also when a host moves to another region as another comes', async () => {
    const [ampere, bohr, curie] = [plainHost('ampere', 'east'), plainHost('bohr', 'east'), plainHost('curie', 'west')]
    const before = await render(meshOf(ampere, bohr, curie))
    const after = meshOf(ampere, { ...bohr, region: 'west' }, curie, plainHost('dirac', 'east'))
    const numbersOf = async (regions: readonly string[]) =>
      (await render({ ...after, regions }, before?.lock))?.mesh.hosts.map(h => `${h.name} ${h.prefix.inet.text}`)
    expect(await numbersOf(['west', 'east'])).toEqual(await numbersOf(['east', 'west']))
  })

  test('a plan from its own lock is the same plan', () =>
    forMeshes(async (draft, { files, lock }) => {
      const again = await render(draft, lock)
      expect(again?.files).toEqual(files)
      expect(lockText(again?.lock ?? lock)).toBe(lockText(lock))
    }))
})

describe('cryptokey routing', () => {
  test('every host reaches every other, without a loop, and packets return the way they came', () =>
    forMeshes((_, { mesh, files }) => {
      for (const a of mesh.hosts)
        for (const b of mesh.hosts)
          for (const family of ['inet', 'inet6'] as const) {
            const there = wayTo(files, mesh, a.name, b.address[family].text)
            const back = wayTo(files, mesh, b.name, a.address[family].text)
            expect(there, `${a.name} → ${b.name}`).not.toBeNull()
            // Each hop accepts a source only from the peer it would send to: both ways must be one.
            expect(back?.toReversed()).toEqual(there)
          }
    }))

  test('no two peers of a host claim one prefix', () =>
    forMeshes((_, { mesh, files }) => {
      for (const { name } of mesh.hosts) {
        const owners = ownersOf(wgOf(files, name))
        const claims = new Map<string, string>()
        for (const { peer, prefix } of owners) expect(claims.get(prefix) ?? peer).toBe(peer)
        for (const { peer, prefix } of owners) claims.set(prefix, peer)
        expect(new Set(owners.map(o => `${o.peer} ${o.prefix}`)).size).toBe(owners.length)
      }
    }))

  test('the oracle sees a loop and a second owner', () => {
    const files = new Map([
      ['a/usr/local/etc/wireguard/wg0.conf', '[Peer]\n# b\nAllowedIPs = 10.0.0.0/8\n'],
      ['b/usr/local/etc/wireguard/wg0.conf', '[Peer]\n# a\nAllowedIPs = 10.0.0.0/8\n'],
    ])
    expect(wayTo(files, { hosts: [] } as unknown as Mesh, 'a', '10.9.9.9')).toBeNull()
    expect(() =>
      ownerOf('[Peer]\n# x\nAllowedIPs = 10.0.0.0/8\n[Peer]\n# y\nAllowedIPs = 10.0.0.0/8\n', '10.1.1.1'),
    ).toThrow()
  })
})

describe('pf.conf', () => {
  test('has its sections in order, one default, no flow twice, its own label for each, and every table it uses', () =>
    forMeshes((_, { mesh, files }) => {
      for (const { name } of mesh.hosts) {
        const text = (files.get(`${name}/etc/pf.conf`) ?? '').replaceAll(/ \\\n/g, ' ')
        const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
        const rank = (line: string) =>
          [/^(?:ext|table)/, /^set /, /^(?:nat|rdr) /, /^(?:block|pass) /].findIndex(pattern => pattern.test(line))
        expect(lines.map(rank)).toEqual(lines.map(rank).toSorted((a, b) => a - b))
        expect(lines.map(rank)).not.toContain(-1)
        const rules = lines.filter(line => rank(line) === 3)
        expect(rules.filter(line => !line.includes(' quick '))).toEqual(['block log all label "default"'])
        const labels = rules.map(line => /label "([^"]*)"$/.exec(line)?.[1] ?? '')
        expect(new Set(labels).size).toBe(rules.length)
        for (const label of labels) expect(label.length).toBeLessThan(64)
        // Two flows may ask for the same; one flow never asks twice.
        for (const section of text.split('\n\n')) {
          const own = section.split('\n').filter(line => /^(?:block|pass) /.test(line))
          expect(new Set(own.map(line => line.replace(/ label .*/, ''))).size).toBe(own.length)
        }
        const defined = new Set([...text.matchAll(/^table <([^>]*)>/gm)].map(([, table]) => table))
        for (const [, table = ''] of rules
          .join('\n')
          .replaceAll(/label ".*"/g, '')
          .matchAll(/<([^>]*)>/g)) {
          expect(defined).toContain(table)
          expect(table.length).toBeLessThan(32)
        }
      }
    }))
})

describe('shell', () => {
  const parses = (text: string) => spawnSync('sh', ['-n'], { input: text }).status === 0
  test('every rendered fragment and every command of jail.conf is sh', async () => {
    const texts = new Set<string>()
    await forMeshes((_, { files }) => {
      for (const [path, text] of files) {
        if (/rc\.conf|start_if|sysrc\.sh/.test(path)) texts.add(text)
        if (path.includes('jail.conf.d'))
          for (const [, command = ''] of text.matchAll(/exec\.\w+ \+?= +"(.*)";/g)) texts.add(command)
      }
    })
    for (const text of texts) expect(parses(text), text).toBe(true)
    expect(parses('static_routes="${static_routes} oops')).toBe(false)
  })
})

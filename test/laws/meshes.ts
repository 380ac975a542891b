/** Meshes by chance, as files, and what is rendered from them: what the laws are held against. */
import fc from 'fast-check'
import { RootSecret } from '../../src/keys/derive.ts'
import { meshDocument } from '../../src/load/directory.ts'
import { openMesh, withPublicKeys } from '../../src/load/open.ts'
import { keysOf, renderMesh } from '../../src/render/mesh.ts'
import type { Lock } from '../../topology/lock.ts'
import { planMesh } from '../../topology/plan.ts'
import type { Mesh } from '../../topology/mesh.ts'

interface HostDraft {
  readonly name: string
  readonly region: string
  readonly reach: 'v4' | 'v6' | 'both' | 'nat4' | 'natboth'
  readonly jails: readonly string[]
  readonly wiring: 'routed' | 'bridge'
}

export interface MeshDraft {
  readonly topology: 'full' | 'regional'
  readonly hosts: readonly HostDraft[]
  readonly flows: readonly { readonly from: string; readonly to: string; readonly port: number }[]
}

const hostNames = ['ampere', 'bohr', 'curie', 'dirac', 'euler', 'fermi', 'gauss', 'hertz', 'joule', 'kelvin'] as const
const regionNames = ['east', 'north', 'west'] as const
const jailNames = ['cache', 'db', 'web'] as const
const parties = [...jailNames, 'hosts', 'core', 'outside', 'admin', ...regionNames] as const

export const anyMesh: fc.Arbitrary<MeshDraft> = fc.record({
  topology: fc.constantFrom('full', 'regional'),
  hosts: fc.subarray([...hostNames], { minLength: 1 }).chain(names =>
    fc.tuple(
      ...names.map(name =>
        fc.record({
          name: fc.constant(name),
          region: fc.constantFrom(...regionNames),
          reach: fc.constantFrom('v4', 'both', 'both', 'v6', 'nat4', 'natboth'),
          jails: fc.subarray([...jailNames]),
          wiring: fc.constantFrom('routed', 'routed', 'bridge'),
        }),
      ),
    ),
  ),
  flows: fc.array(
    fc.record({
      from: fc.constantFrom(...parties),
      to: fc.constantFrom(...parties),
      port: fc.integer({ min: 1000, max: 9999 }),
    }),
    { maxLength: 4 },
  ),
})

const endpointOf = ({ name, reach }: HostDraft): string => {
  const n = 10 + hostNames.indexOf(name as (typeof hostNames)[number])
  const [v4, v6] = [`203.0.113.${n}`, `"2001:db8:1::${n}"`]
  if (reach === 'both') return `[${v4}, ${v6}]`
  return reach === 'v4' ? v4 : reach === 'v6' ? v6 : reach === 'nat4' ? 'none' : 'none\n    underlay: [ipv4, ipv6]'
}

/** The files of a mesh, in the order of the draft. */
function filesOf(draft: MeshDraft): Map<string, string> {
  const flows = draft.flows.map(f => `  - {from: ${f.from}, to: ${f.to}, ports: [${f.port}/tcp]}\n`)
  const files = new Map([
    [
      meshDocument,
      `mesh: laws\ndomain: mesh.example.net\naddressing: {ipv6: "fd5c:8e21:77aa::/48"}\n` +
        `wireguard: {topology: ${draft.topology}}\ndefaults: {admin: [198.51.100.0/24]}\n` +
        (flows.length === 0 ? '' : `flows:\n${flows.join('')}`),
    ],
  ])
  for (const region of new Set(draft.hosts.map(host => host.region))) {
    const hosts = draft.hosts
      .filter(host => host.region === region)
      .map(
        host =>
          `  ${host.name}:\n    endpoint: ${endpointOf(host)}\n    interface: vtnet0\n    wiring: ${host.wiring}\n` +
          `    jails: {${host.jails.map(jail => `${jail}: {}`).join(', ')}}\n`,
      )
    files.set(`regions/${region}.yaml`, `region: ${region}\nhosts:\n${hosts.join('')}`)
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

/** Null: the mesh is refused (names of a flow that are not there, parts that nothing joins). */
export async function render(draft: MeshDraft, before: Lock | null = null): Promise<Rendered | null> {
  const opened = await openMesh({
    directory: '/nonexistent',
    environment: {},
    purpose: 'plan',
    overrides: filesOf(draft),
    fresh: true,
  })
  if (opened.mesh === null) return null
  const drawn = { ula: opened.lock.overlay.ipv6, secret: secret.fingerprint() }
  const { mesh, lock: planned } = planMesh(opened.spec, before, drawn)
  const lock = withPublicKeys(planned, { mesh, root: secret })
  const files = new Map<string, string>()
  for (const host of renderMesh(mesh, keysOf(mesh, lock, secret)))
    for (const [path, file] of host) files.set(path, file.bytes.toString())
  return { mesh, lock, files }
}

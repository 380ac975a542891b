/** All hosts of a mesh as trees of files, one host after the other: a mesh of a thousand is never in memory at once. */
import { flowsByHost } from '../../topology/flow.ts'
import type { Lock } from '../../topology/lock.ts'
import type { Host, Mesh } from '../../topology/mesh.ts'
import type { RootSecret } from '../keys/derive.ts'
import type { Deployment } from '../services/deploy.ts'
import { bytesOf, type FileBytes, manifestOf, renderHost } from './host.ts'
import { SharedTables } from './pf.tables.ts'
import { PeerSections, type WireguardKeys } from './wg0.conf.ts'

/** `lock` holds the public keys. */
export function keysOf(
  mesh: Mesh,
  lock: Lock,
  root: RootSecret,
  presharedKeys: WireguardKeys['presharedKeys'] = root.presharedKeys(mesh.pskEpoch),
): WireguardKeys {
  return {
    privateKeyOf: host => (host.spec.keys.kind === 'host' ? null : root.privateKey(host.name, host.keyEpoch)),
    publicKeyOf: host => {
      const key = host.spec.keys.kind === 'host' ? host.spec.keys.publicKey : lock.hosts.get(host.name)?.publicKey
      if (!key) throw new Error(`${host.name} has no public key: this is a bug in meshwright`)
      return key
    },
    presharedKeys: mesh.presharedKeys ? presharedKeys : null,
  }
}

/** One host's files by their paths below out/. */
export type HostFiles = readonly (readonly [string, FileBytes])[]

/** Per host the files below out/, the manifest last. */
export function* renderMesh(mesh: Mesh, keys: WireguardKeys, services: Deployment | null = null): Iterable<HostFiles> {
  const rendering = {
    ...{ mesh, keys, services },
    peers: new PeerSections(mesh, (host: Host) => keys.publicKeyOf(host)),
    tables: new SharedTables(mesh),
    flows: flowsByHost(mesh),
    regionNumbers: new Map(mesh.regions.map(region => [region.name as string, region.number])),
  }
  for (const host of mesh.hosts) {
    const files = renderHost(host, rendering).map(bytesOf)
    yield [
      ...files.map(file => [`${host.name}/${file.path}`, file] as const),
      [`${host.name}.manifest.json`, manifestOf(host, mesh, files, services)] as const,
    ]
  }
}

/** All files of one host, and the manifest that tells how they lie there. The list is the order in which people read them. */
import { createHash } from 'node:crypto'
import type { LocalFlow } from '../../topology/flow.ts'
import { openMembers } from '../../topology/check/hosts.ts'
import type { Host, Mesh } from '../../topology/mesh.ts'
import { renderPfConf, renderPfFallback } from './pf.conf.ts'
import type { SharedTables } from './pf.tables.ts'
import { renderJailConf } from './jail.conf.ts'
import { renderJailHosts, renderResolvConf } from './jail/hosts.ts'
import { renderJailRcConf } from './jail/rc.conf.ts'
import { renderLoaderConf } from './loader.conf.ts'
import { renderJailList } from './rc.conf.d/jail.ts'
import { renderNetif } from './rc.conf.d/netif.ts'
import { renderPf } from './rc.conf.d/pf.ts'
import { renderRouting } from './rc.conf.d/routing.ts'
import { renderStartIf } from './start_if.wg0.ts'
import { renderSysrc, sysrcFlags } from './sysrc.sh.ts'
import type { RenderedFile } from './file.ts'
import { PeerSections, renderWg0Conf, type WireguardKeys } from './wg0.conf.ts'

export interface Rendering {
  readonly mesh: Mesh
  readonly keys: WireguardKeys
  readonly peers: PeerSections
  readonly tables: SharedTables
  readonly flows: ReadonlyMap<string, readonly LocalFlow[]>
  readonly regionNumbers: ReadonlyMap<string, number>
}

export function renderHost(
  host: Host,
  { mesh, keys, peers, tables, flows, regionNumbers }: Rendering,
): readonly RenderedFile[] {
  const local = flows.get(host.name) ?? []
  const open = openMembers(host, mesh)
  const perHost = [
    renderWg0Conf(host, mesh, keys, peers),
    renderStartIf(host),
    renderNetif(host, mesh, regionNumbers.get(host.region) ?? 0),
    renderRouting(host, mesh),
    renderJailList(host),
    renderPf(),
    renderPfConf(host, mesh, local, tables),
    renderPfFallback(host, mesh),
    renderLoaderConf(host),
    renderSysrc(host),
  ]
  const perJail = host.jails.flatMap(jail => {
    const begins = local.filter(({ jailsSend }) => jailsSend.includes(jail)).map(({ flow }) => flow)
    return [
      renderJailConf(jail, host, mesh, open.includes(jail.name)),
      renderJailRcConf(jail, host, mesh),
      renderJailHosts(jail, host, mesh, begins),
      renderResolvConf(jail, host, mesh),
    ]
  })
  return [...perHost, ...perJail].filter(file => file !== null)
}

/** A rendered file as bytes. */
export interface FileBytes {
  readonly path: string
  readonly bytes: Buffer
  readonly sha256: string
  readonly mode: RenderedFile['mode']
  readonly secret: boolean
  readonly reload: RenderedFile['reload'] | 'manifest'
}

export function bytesOf(file: RenderedFile): FileBytes {
  const bytes = Buffer.from(file.content.text)
  const { path, mode, secret, reload } = file
  return { path, bytes, sha256: sha256(bytes), mode, secret, reload }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** `out/HOST.manifest.json`: what lies where on the host, with which owner and mode, and what its change sets in motion. */
export function manifestOf(host: Host, mesh: Mesh, files: readonly FileBytes[]): FileBytes {
  const manifest = {
    version: 1,
    mesh: mesh.name,
    host: host.name,
    address: [host.address.inet.text, host.address.inet6.text],
    release: `${host.spec.release.major}.${host.spec.release.minor}`,
    sysrc: Object.fromEntries(sysrcFlags(host)),
    directories: [{ path: '/usr/local/etc/wireguard', mode: '0700', owner: 'root', group: 'wheel' }],
    files: files.map(({ path, mode, sha256: hash, reload }) => ({
      path: `/${path}`,
      mode: mode === 0o600 ? '0600' : '0644',
      owner: 'root',
      group: 'wheel',
      sha256: hash,
      reload,
    })),
  }
  const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
  return { path: '', bytes, sha256: sha256(bytes), mode: 0o644, secret: false, reload: 'manifest' }
}

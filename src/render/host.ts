/** All files of one host, and the manifest that tells how they lie there. The list is the order in which people read them. */
import { createHash } from 'node:crypto'
import type { LocalFlow } from '../../topology/flow.ts'
import { openMembers } from '../../topology/check/hosts.ts'
import type { Host, Jail, Mesh } from '../../topology/mesh.ts'
import type { Deployment } from '../services/deploy.ts'
import type { HostFile, JailContent, JailFile } from '../services/kind.ts'
import { renderPfConf, renderPfFallback } from './pf.conf.ts'
import type { SharedTables } from './pf.tables.ts'
import { jailPath, renderJailConf } from './jail.conf.ts'
import { renderJailsScript } from './jails.sh.ts'
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
import { Block } from './template.ts'
import { PeerSections, renderWg0Conf, type WireguardKeys } from './wg0.conf.ts'

export interface Rendering {
  readonly mesh: Mesh
  readonly keys: WireguardKeys
  readonly peers: PeerSections
  readonly tables: SharedTables
  readonly flows: ReadonlyMap<string, readonly LocalFlow[]>
  readonly regionNumbers: ReadonlyMap<string, number>
  /** Null: the mesh has no services. */
  readonly services: Deployment | null
}

export function renderHost(
  host: Host,
  { mesh, keys, peers, tables, flows, regionNumbers, services }: Rendering,
): readonly RenderedFile[] {
  const local = flows.get(host.name) ?? []
  const open = openMembers(host, mesh)
  const parts = services?.hostPartsOf(host) ?? []
  const perHost = [
    renderWg0Conf(host, mesh, keys, peers),
    renderStartIf(host),
    renderNetif(host, mesh, regionNumbers.get(host.region) ?? 0),
    renderRouting(host, mesh),
    renderJailList(host),
    renderPf(),
    renderPfConf(
      host,
      mesh,
      local,
      tables,
      parts.flatMap(part => part.rules),
    ),
    renderPfFallback(host, mesh),
    renderLoaderConf(host),
    renderSysrc(host),
  ]
  const resolvers = services?.resolversOn(host) ?? []
  const contents = new Map<Jail, JailContent>()
  for (const jail of host.jails) {
    const content = services?.contentOf(jail) ?? null
    if (content !== null) contents.set(jail, content)
  }
  const perJail = host.jails.flatMap(jail => {
    const content = contents.get(jail) ?? null
    const begins = local.filter(({ jailsSend }) => jailsSend.includes(jail)).map(({ flow }) => flow)
    return [
      renderJailConf(jail, host, mesh, open.includes(jail.name)),
      renderJailRcConf(jail, host, mesh, content?.rc ?? {}),
      renderJailHosts(jail, host, mesh, begins),
      renderResolvConf(
        jail,
        host,
        mesh,
        resolvers.map(({ address }) => address.inet.text),
      ),
      ...(content?.files ?? []).map(file => serviceFile(file, jail, host)),
    ]
  })
  const ofServices = parts.flatMap(part => part.files.map(hostFile))
  return [...perHost, renderJailsScript(host, contents), ...ofServices, ...perJail].filter(file => file !== null)
}

const hostFile = ({ text, ...file }: HostFile): RenderedFile => ({ ...file, content: new Block(text) })

/** A file of a service, from its path in the jail to its path on the host. */
function serviceFile(file: JailFile, jail: Jail, host: Host): RenderedFile {
  const { path, text, mode, owner, group, secret, reload } = file
  return {
    path: `${jailPath(host, jail).slice(1)}/${path}`,
    content: new Block(text),
    ...{ mode, secret },
    ...(owner !== undefined && { owner }),
    ...(group !== undefined && { group }),
    reload: reload === null ? 'none' : `rc:${jail.name}/${reload.rc}/${reload.how}`,
  }
}

/** A rendered file as bytes. */
export interface FileBytes extends Omit<RenderedFile, 'content' | 'reload'> {
  readonly bytes: Buffer
  readonly sha256: string
  readonly reload: RenderedFile['reload'] | 'manifest'
}

export function bytesOf({ content, ...file }: RenderedFile): FileBytes {
  const bytes = Buffer.from(content.text)
  return { ...file, bytes, sha256: sha256(bytes) }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** `out/HOST.manifest.json`: what lies where on the host, with which owner and mode, and what its change sets in motion. */
export function manifestOf(
  host: Host,
  mesh: Mesh,
  files: readonly FileBytes[],
  services: Deployment | null,
): FileBytes {
  const manifest = {
    version: 1,
    mesh: mesh.name,
    host: host.name,
    address: [host.address.inet.text, host.address.inet6.text],
    release: `${host.spec.release.major}.${host.spec.release.minor}`,
    sysrc: Object.fromEntries(sysrcFlags(host)),
    directories: [{ path: '/usr/local/etc/wireguard', mode: '0700', owner: 'root', group: 'wheel' }],
    ...(services !== null && { services: host.jails.flatMap(jail => services.manifestOf(jail) ?? []) }),
    files: files.map(({ path, mode, owner, group, sha256: hash, reload }) => ({
      path: `/${path}`,
      mode: mode.toString(8).padStart(4, '0'),
      owner: owner ?? 'root',
      group: group ?? 'wheel',
      sha256: hash,
      reload,
    })),
  }
  const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
  return { path: '', bytes, sha256: sha256(bytes), mode: 0o644, secret: false, reload: 'manifest' }
}

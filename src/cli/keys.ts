/** `meshwright keys`: rotating them, showing the public ones, and who can open secrets.age. */
import { join } from 'node:path'
import { error } from '../../topology/diagnostic.ts'
import { type Lock, lockDocument, type LockedHost } from '../../topology/lock.ts'
import { byText, type HostName } from '../../topology/names.ts'
import { lockText } from '../load/lock.ts'
import { type Opened, openMesh, secretsOf, withPublicKeys } from '../load/open.ts'
import { replaceFile } from '../write/replace.ts'
import { alone, outOf } from './alone.ts'
import { count, type ExitCode, exitCodes, type Io, paintOf, refuse, report } from './io.ts'
import { changesOf, changesText } from './plan.ts'
import { table } from './table.ts'
import { unknownNames } from './unknown.ts'

export interface RotateOptions {
  readonly directory: string
  readonly out?: string
  readonly wait: number
  readonly json: boolean
  readonly all: boolean
  readonly psk: boolean
  /** Services whose secrets are renewed. */
  readonly services: readonly string[]
  readonly dryRun: boolean
}

/** Raises epochs in the lock; the next build writes the keys. A host's epoch is part of its preshared keys too. */
export async function rotate(io: Io, hosts: readonly string[], options: RotateOptions): Promise<ExitCode> {
  return alone(io, options, async () => {
    const opened = await openMesh({ ...options, environment: io.environment, purpose: 'read' })
    if (opened.mesh === null) return refuse(io, opened.diagnostics, options.json)
    if (opened.before === null)
      return refuse(
        io,
        [error('secrets-lost', 'this mesh has no keys yet', undefined, 'meshwright build makes them.')],
        options.json,
      )
    const names = opened.mesh.hosts.map(host => host.name as string)
    const unknown = [
      ...unknownNames('host', hosts, names),
      ...unknownNames(
        'service',
        options.services,
        opened.spec.services.map(service => service.name),
      ),
    ]
    if (unknown.length > 0) return refuse(io, unknown, options.json)
    const chosen = new Set(options.all ? names : hosts)
    const kept = opened.mesh.hosts.filter(host => chosen.has(host.name) && host.spec.keys.kind === 'host')
    for (const host of kept)
      io.stderr.write(
        `${host.name} keeps its own key: only its preshared keys change here; give a new public-key: to change the other\n`,
      )
    const lock = withPublicKeys(raised(opened.lock, chosen, options), {
      mesh: opened.mesh,
      root: secretsOf(opened).root,
    })
    const services = opened.services === null ? null : { ...opened.services, epochs: lock.serviceEpochs }
    const after: Opened = { ...opened, lock, mesh: withEpochs(opened.mesh, lock), services }
    const changes = await changesOf(after, outOf(options))
    if (!options.dryRun) await replaceFile(join(options.directory, lockDocument), lockText(lock), 0o644)
    if (options.json) {
      const shown = changes.map(({ host, path, change, secret }) => ({ host, path, change, secret }))
      io.stdout.write(
        `${JSON.stringify({ ok: true, rotated: [...chosen], psk: options.psk, services: options.services, changes: shown }, null, 2)}\n`,
      )
      return exitCodes.done
    }
    io.stdout.write(changesText(changes, true, paintOf(io)))
    const what = [
      ...(chosen.size > 0 ? [`the keys of ${count(chosen.size, 'host')}`] : []),
      ...(options.psk ? ['all preshared keys'] : []),
      ...(options.services.length > 0 ? [`the secrets of ${options.services.join(', ')}`] : []),
    ]
    io.stdout.write(
      options.dryRun
        ? `\nThis is what rotating ${what.join(' and ')} would change; nothing was written.\n`
        : `\nRotated ${what.join(' and ')} in ${lockDocument}. meshwright build writes the files; both ends of a tunnel need theirs.\n`,
    )
    if (options.services.length > 0)
      io.stdout.write(
        'Daemons learn new secrets of clients by their first-start steps: run those again once the files are there.\n',
      )
    return exitCodes.done
  })
}

function raised(lock: Lock, chosen: ReadonlySet<string>, options: RotateOptions): Lock {
  const hosts = [...lock.hosts].map(([name, host]): [HostName, LockedHost] => [
    name,
    chosen.has(name) ? { ...host, keyEpoch: host.keyEpoch + 1, publicKey: null } : host,
  ])
  const renewed = options.services.map(name => [name, (lock.serviceEpochs.get(name) ?? 1) + 1] as const)
  return {
    ...lock,
    pskEpoch: lock.pskEpoch + Number(options.psk),
    hosts: new Map(hosts),
    serviceEpochs: new Map([...lock.serviceEpochs, ...renewed].toSorted(([a], [b]) => byText(a, b))),
  }
}

/** The planned mesh with the epochs of another lock. Neighbours are hosts too, so the plan's are looked up anew. */
function withEpochs(mesh: Opened['mesh'], lock: Lock): Opened['mesh'] {
  const renewed = new Map(
    mesh.hosts.map(host => [host.name, { ...host, keyEpoch: lock.hosts.get(host.name)?.keyEpoch ?? host.keyEpoch }]),
  )
  const original = new Map(mesh.hosts.map(host => [host.name, host]))
  const { connections } = mesh
  return {
    ...mesh,
    pskEpoch: lock.pskEpoch,
    hosts: [...renewed.values()],
    connections: {
      ...connections,
      neighboursOf: host =>
        connections
          .neighboursOf(original.get(host.name) ?? host)
          .map(neighbour => ({ ...neighbour, host: renewed.get(neighbour.host.name) ?? neighbour.host })),
      transitOf: host => connections.transitOf(original.get(host.name) ?? host),
    },
  }
}

export async function exportPublic(
  io: Io,
  options: { readonly directory: string; readonly json: boolean },
): Promise<ExitCode> {
  const opened = await openMesh({ ...options, environment: io.environment, purpose: 'read' })
  if (opened.mesh === null) return refuse(io, opened.diagnostics, options.json)
  if (!options.json) report(io, opened.diagnostics)
  if (opened.before === null)
    return refuse(
      io,
      [error('secrets-lost', 'this mesh has no keys yet', undefined, 'meshwright build makes them.')],
      options.json,
    )
  const lock = withPublicKeys(opened.lock, { mesh: opened.mesh, root: secretsOf(opened).root })
  const rows = opened.mesh.hosts.map(host => ({
    host: host.name,
    'public-key':
      host.spec.keys.kind === 'host' ? host.spec.keys.publicKey : (lock.hosts.get(host.name)?.publicKey ?? ''),
    epoch: host.keyEpoch,
  }))
  io.stdout.write(
    options.json ? `${JSON.stringify(rows, null, 2)}\n` : table(rows.map(row => [row.host, row['public-key']])),
  )
  return exitCodes.done
}

/** Encrypts secrets.age anew, to the recipients that mesh.yaml names now. */
export async function recipients(
  io: Io,
  options: { readonly directory: string; readonly wait: number; readonly json: boolean },
): Promise<ExitCode> {
  return alone(io, options, async () => {
    const opened = await openMesh({ ...options, environment: io.environment, purpose: 'keys' })
    if (opened.mesh === null) return refuse(io, opened.diagnostics, options.json)
    const { secrets, spec } = opened
    const wanted = spec.recipients.length > 0 ? spec.recipients : (secrets?.own ?? [])
    const problem = await secrets?.reencrypt(wanted)
    if (problem) return refuse(io, [problem], options.json)
    if (options.json) io.stdout.write(`${JSON.stringify({ ok: true, recipients: wanted }, null, 2)}\n`)
    else
      io.stdout.write(
        `secrets.age is encrypted to ${count(wanted.length, 'recipient')}:\n${wanted.map(r => `  ${r}\n`).join('')}`,
      )
    return exitCodes.done
  })
}

/** A mesh directory opened for work: what people wrote, what the lock remembers, the secrets, and the plan from all three. */
import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { type Diagnostic, error, hasErrors } from '../../topology/diagnostic.ts'
import type { Lock, LockedHost } from '../../topology/lock.ts'
import type { Mesh } from '../../topology/mesh.ts'
import type { HostName } from '../../topology/names.ts'
import { type Plan, planMesh } from '../../topology/plan.ts'
import { address, prefix } from '../../topology/prefix.ts'
import type { MeshSpec } from '../../topology/spec.ts'
import type { RootSecret } from '../keys/derive.ts'
import type { Environment } from '../keys/paths.ts'
import { openSecrets, type Secrets } from '../keys/secrets.ts'
import type { Deployment } from '../services/deploy.ts'
import type { ServicePlan, ServicePlanning } from '../services/plan.ts'
import type { SourceDocument } from './document.ts'
import { loadLock, noLock } from './lock.ts'
import { loadMesh, type Overrides, positioned } from './mesh.ts'

export interface Opening {
  readonly directory: string
  readonly environment: Environment
  /**
   * write: a build, which may make secrets. read: looks at keys. keys: works on them alone, so that the mesh may lack
   * secrets that it asks for. plan: needs no keys at all.
   */
  readonly purpose: 'write' | 'read' | 'keys' | 'plan'
  /** Look endpoint names up again, also those the lock remembers. */
  readonly resolve?: boolean
  readonly overrides?: Overrides
  /** As if there were no lock yet. */
  readonly fresh?: boolean
  /** As if no service had a place yet. */
  readonly free?: boolean
}

export interface Opened extends Plan {
  /** As written: without what the services add. */
  readonly spec: MeshSpec
  /** Null: the mesh declares none. */
  readonly services: ServicePlan | null
  /** The lock as it is on disk. */
  readonly before: Lock | null
  readonly lockTextBefore: string | null
  /** Null when the purpose needs none. */
  readonly secrets: Secrets | null
  readonly documents: ReadonlyMap<string, SourceDocument>
  readonly diagnostics: readonly Diagnostic[]
}

export type OpenResult = Opened | { readonly mesh: null; readonly diagnostics: readonly Diagnostic[] }

export async function openMesh(opening: Opening): Promise<OpenResult> {
  const { spec, documents, diagnostics: reading } = await loadMesh(opening.directory, opening.overrides)
  if (spec === null) return { mesh: null, diagnostics: reading }
  const known = new Map(documents)
  const locked = opening.fresh === true ? noLock : await loadLock(opening.directory, spec.name)
  if (locked.document !== null) known.set(locked.document.name, locked.document)
  const opened =
    opening.purpose === 'plan' || hasErrors(locked.diagnostics)
      ? null
      : await openSecrets({ ...opening, spec, lock: locked.lock, create: opening.purpose === 'write' })
  const secrets = opened?.root == null ? null : opened
  const before = locked.lock
  const placing = await placed(spec, before, opening.free ?? false)
  if (placing.plan === null && spec.services.length > 0) {
    const found = positioned(
      [...reading, ...locked.diagnostics, ...(opened?.diagnostics ?? []), ...placing.diagnostics],
      known,
    )
    return { mesh: null, diagnostics: found }
  }
  const planned = placing.plan?.spec ?? spec
  const { lock: resolved, diagnostics: resolving } = await resolveNames(spec, before, opening.resolve ?? false)
  const drawn = { ula: drawUla(), secret: secrets?.fingerprint ?? before?.secret ?? '0'.repeat(16) }
  // Names are looked up for hosts the lock does not know yet as well: numbered first, then given their addresses.
  const first = planMesh(planned, before, drawn)
  const plan = resolved.size === 0 ? first : planMesh(planned, withAddresses(first.lock, resolved), drawn)
  // A host whose name led nowhere has no tunnel: that needs no saying twice.
  const remarks = plan.diagnostics.filter(({ code }) => code !== 'no-path' || resolving.length === 0)
  const diagnostics = positioned(
    [
      ...reading,
      ...locked.diagnostics,
      ...(opened?.diagnostics ?? []),
      ...placing.diagnostics,
      ...resolving,
      ...remarks,
    ],
    known,
  )
  if (hasErrors(diagnostics)) return { mesh: null, diagnostics }
  const lockTextBefore = locked.document?.text ?? null
  const services = placing.plan === null ? null : await counted(placing.plan, plan.mesh)
  if (
    opening.purpose !== 'keys' &&
    services !== null &&
    secrets !== null &&
    services.services.some(one => one.secretFiles.length > 0)
  ) {
    const { deploy, secretProblems } = await import('../services/deploy.ts')
    const known = new Set(secrets.given.keys())
    const missing = [...secretProblems(services, deploy(services, plan.mesh, secrets), known)]
    if (missing.length > 0) return { mesh: null, diagnostics: [...diagnostics, ...positioned(missing, documents)] }
  }
  const lock = {
    ...plan.lock,
    services: services?.remembered ?? new Map(),
    serials: services?.serials ?? plan.lock.serials,
  }
  return {
    ...{ ...plan, lock, spec, before, lockTextBefore, secrets, documents: known, diagnostics },
    services,
  }
}

/** The catalogue is loaded only for a mesh that has services. */
async function placed(spec: MeshSpec, before: Lock | null, free: boolean): Promise<ServicePlanning> {
  if (spec.services.length === 0) return { plan: null, diagnostics: [] }
  const { planServices } = await import('../services/plan.ts')
  return planServices(spec, before, free)
}

/** What the services count is known when their instances have addresses. */
async function counted(plan: ServicePlan, mesh: Mesh): Promise<ServicePlan> {
  const { raisedSerials } = await import('../services/serials.ts')
  return { ...plan, serials: raisedSerials(plan, mesh) }
}

/** Instances with their addresses and secrets; null without services. */
export async function deploymentOf(opened: Opened): Promise<Deployment | null> {
  if (opened.services === null) return null
  const { deploy } = await import('../services/deploy.ts')
  return deploy(opened.services, opened.mesh, secretsOf(opened))
}

/** The secrets of a mesh that was opened for work with keys. */
export function secretsOf(opened: Opened): Secrets {
  if (opened.secrets === null)
    throw new Error('keys are needed, but the mesh was opened without: this is a bug in meshwright')
  return opened.secrets
}

/** A /48 with 40 random bits (RFC 4193 §3.2.2). */
export function drawUla() {
  const bits = BigInt(`0x${randomBytes(5).toString('hex')}`)
  return prefix('inet6', address('inet6', (0xfdn << 120n) | (bits << 80n)).value, 48)
}

type Resolved = ReadonlyMap<HostName, ReadonlyMap<string, readonly string[]>>

/** Asks the resolver once for names the lock does not know; a mesh without names never asks. */
async function resolveNames(
  spec: MeshSpec,
  lock: Lock | null,
  again: boolean,
): Promise<{ lock: Resolved; diagnostics: Diagnostic[] }> {
  const result = new Map<HostName, Map<string, readonly string[]>>()
  const diagnostics: Diagnostic[] = []
  for (const host of spec.regions.flatMap(region => region.hosts))
    for (const endpoint of host.endpoints) {
      if (endpoint.kind !== 'name') continue
      const remembered = lock?.hosts.get(host.name)?.resolved.get(endpoint.name)
      const of = result.get(host.name) ?? new Map<string, readonly string[]>()
      result.set(host.name, of)
      if (remembered !== undefined && !again) {
        of.set(endpoint.name, remembered)
        continue
      }
      const found = await Promise.race([lookup(endpoint.name, { all: true }).catch(() => []), after(10_000)])
      if (found.length > 0) of.set(endpoint.name, found.map(entry => entry.address).toSorted())
      else
        diagnostics.push(
          error(
            'endpoint-unresolved',
            `${endpoint.name}, the endpoint of ${host.name}, has no address`,
            { ...host.place, path: [...host.place.path, 'endpoint'] },
            'Is the name right, and a resolver within reach? An address instead of a name always works.',
          ),
        )
    }
  return { lock: result, diagnostics }
}

const after = (milliseconds: number): Promise<[]> =>
  new Promise(resolve => setTimeout(() => resolve([]), milliseconds).unref())

const withAddresses = (lock: Lock, resolved: Resolved): Lock => ({
  ...lock,
  hosts: new Map(
    [...lock.hosts].map(([name, host]): [HostName, LockedHost] => [
      name,
      { ...host, resolved: resolved.get(name) ?? new Map() },
    ]),
  ),
})

/** Gives every host with a derived key its public key: from the lock where it is known, else computed now. */
export function withPublicKeys(lock: Lock, { mesh, root }: { readonly mesh: Mesh; readonly root: RootSecret }): Lock {
  const hosts = new Map(lock.hosts)
  for (const host of mesh.hosts) {
    const locked = hosts.get(host.name)
    if (locked === undefined) continue
    const publicKey =
      host.spec.keys.kind === 'host'
        ? null
        : (locked.publicKey ?? root.privateKey(host.name, locked.keyEpoch).publicKey())
    if (publicKey !== locked.publicKey) hosts.set(host.name, { ...locked, publicKey })
  }
  return { ...lock, hosts }
}

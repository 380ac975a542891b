/** Services on a planned mesh: every instance with its jail, and what it needs to know of the others. */
import { roundTrips } from '../../topology/latency.ts'
import type { Host, Jail, Mesh } from '../../topology/mesh.ts'
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import type { RootSecret } from '../keys/derive.ts'
import type { SecretText } from '../keys/secret-text.ts'
import type { Capability, Offers } from './capability.ts'
import { below } from './declare.ts'
import { jailName } from './expand.ts'
import type { Deployed, FirstStart, HostPart, Instance, JailContent, JailFile, Metrics, Probe } from './kind.ts'
import type { ServicePlan } from './plan.ts'

export interface Deployment {
  readonly services: readonly Deployed[]
  /** Files, settings and packages of a jail, first-start scripts among them. Null: the jail is declared by hand. */
  contentOf(jail: Jail): JailContent | null
  /** Steps of first starts, in the order in which they are run: those of a service after those of whom it uses. */
  readonly steps: readonly FirstStart[]
  /** What the instances on a host need of the host itself. */
  hostPartsOf(host: Host): readonly HostPart[]
  /** What the manifest says of a jail. */
  manifestOf(jail: Jail): ServiceManifest | null
  /** Jails of a host that resolve names for the others there. */
  resolversOn(host: Host): readonly Jail[]
}

/** An instance as whoever deploys and watches it sees it. */
interface ServiceManifest {
  readonly jail: string
  readonly service: string
  readonly kind: string
  readonly role: string
  readonly version: string
  readonly packages: readonly string[]
  readonly state: readonly string[]
  readonly probe: Probe
  readonly metrics: Omit<Metrics, 'bearer' | 'tokenFile'> | null
  /** Scripts in the jail, in the order in which they are run, once and after the jail has started. */
  readonly 'first-start': readonly string[]
}

/** What is derived, and what people gave: by name. */
export interface Secrets {
  readonly root: RootSecret
  readonly given: ReadonlyMap<string, SecretText>
}

export function deploy(plan: ServicePlan, mesh: Mesh, { root, given }: Secrets): Deployment {
  const instances = new Map<string, readonly Instance[]>()
  const byJail = new Map<Jail, Instance>()
  for (const service of plan.services)
    for (const role of service.kind.roles(service)) {
      const found = instancesOf(service.name, role.name, mesh, plan)
      instances.set(`${service.name}/${role.name}`, found)
      for (const instance of found) byJail.set(instance.jail, instance)
    }
  const trips = roundTrips(plan.spec.regions, plan.spec.latency)
  const deployed = new Map<string, Deployed>()
  const of = (name: string): Deployed => {
    const found = deployed.get(name)
    if (found === undefined) throw new Error(`no service ${name}: this is a bug in meshwright`)
    return found
  }
  for (const service of plan.services)
    deployed.set(service.name, {
      ...service,
      mesh,
      instances: role => instances.get(`${service.name}/${role}`) ?? [],
      instancesOf: (other, role) => instances.get(`${other}/${role}`) ?? [],
      secrets: root.service(service.name, plan.epochs.get(service.name) ?? 1),
      serialOf: name => {
        const found = plan.serials.get(service.name)?.get(name)
        if (found === undefined)
          throw new Error(`${name} of ${service.name} is not counted: this is a bug in meshwright`)
        return found.serial
      },
      offers: (capability, client) => offersTo(service.uses.get(capability) ?? [], capability, client, of),
      roundTrip: trips,
      get services() {
        return [...deployed.values()]
      },
    })
  const steps = new Map<Jail, FirstStart[]>()
  const allSteps = givenFirst([...deployed.values()]).flatMap(service => service.kind.firstStart?.(service) ?? [])
  for (const step of allSteps) steps.set(step.on.jail, [...(steps.get(step.on.jail) ?? []), step])
  // One host after the other is rendered, and each jail asked about twice: for its files and for the manifest.
  let host: Host | null = null
  const contents = new Map<Jail, JailContent>()
  const render = (instance: Instance): JailContent => {
    if (host !== instance.host) contents.clear()
    host = instance.host
    const service = of(instance.service)
    const content = contents.get(instance.jail) ?? service.kind.render(instance, service)
    contents.set(instance.jail, content)
    return content
  }
  return {
    services: [...deployed.values()],
    steps: allSteps,
    contentOf: jail => {
      const instance = byJail.get(jail)
      if (instance === undefined) return null
      const content = render(instance)
      const files = secretFilesOf(instance, of(instance.service), given)
      return { ...content, files: [...content.files, ...files, ...(steps.get(jail) ?? []).map(scriptOf)] }
    },
    hostPartsOf: host =>
      host.jails.flatMap(jail => {
        const instance = byJail.get(jail)
        if (instance === undefined) return []
        const service = of(instance.service)
        return service.kind.hostPart?.(instance, service) ?? []
      }),
    manifestOf: jail => {
      const instance = byJail.get(jail)
      if (instance === undefined) return null
      const service = of(instance.service)
      const role = service.kind.roles(service).find(one => one.name === instance.role)
      if (role === undefined) return null
      const { metrics } = role
      return {
        ...{ jail: jail.name, service: service.name, kind: service.kind.kind, role: role.name },
        version: service.version,
        packages: render(instance).packages,
        state: role.state ?? [],
        probe: probeOf(role.probe, mesh),
        metrics: metrics === undefined ? null : { port: metrics.port, path: metrics.path, job: metrics.job },
        'first-start': (steps.get(jail) ?? []).map(step => `/${scriptPath(step)}`),
      }
    },
    resolversOn: host =>
      host.jails.filter(jail => {
        const instance = byJail.get(jail)
        if (instance === undefined) return false
        const service = of(instance.service)
        return service.kind.roles(service).some(role => role.name === instance.role && role.resolves === true)
      }),
  }
}

/** With the names written out. */
export const probeOf = (probe: Probe, { domain }: Mesh): Probe =>
  probe.kind === 'dns' && probe.name === '@' ? { ...probe, name: domain } : probe

/** Services after those that they use; by name otherwise, and where uses go in a circle. */
function givenFirst(services: readonly Deployed[]): readonly Deployed[] {
  const ordered = new Set<string>()
  const visit = (name: string, above: ReadonlySet<string>): void => {
    const service = services.find(one => one.name === name)
    if (service === undefined || ordered.has(name) || above.has(name)) return
    const below = new Set([...above, name])
    for (const giver of [...service.uses.values()].flat()) visit(giver.name, below)
    ordered.add(name)
  }
  for (const { name } of services) visit(name, new Set())
  return [...ordered].flatMap(name => services.find(one => one.name === name) ?? [])
}

const secretFilesOf = (
  { role }: Instance,
  { secretFiles }: Deployed,
  given: ReadonlyMap<string, SecretText>,
): readonly JailFile[] =>
  secretFiles
    .filter(({ roles }) => roles === undefined || roles.includes(role))
    .map(({ path, secret, owner, group }) => ({
      path: path.slice(1),
      text: given.get(secret)?.reveal() ?? '',
      mode: 0o640,
      ...{ owner, group, secret: true, reload: null },
    }))

/** Secrets that files ask for and nobody gave, and files that a kind has itself. */
export function* secretProblems(
  plan: ServicePlan,
  deployment: Deployment,
  known: ReadonlySet<string>,
): Iterable<Diagnostic> {
  for (const service of plan.services)
    for (const { path, secret } of service.secretFiles) {
      if (!known.has(secret))
        yield error(
          'secret-missing',
          `nobody has given the secret ${secret}`,
          below(service, 'secret-files', path, 'secret'),
          `meshwright secrets set ${secret} reads it from standard input.`,
        )
      const deployed = deployment.services.find(one => one.name === service.name)
      const twice = service.kind.roles(service).some(role => {
        const [first] = deployed?.instances(role.name) ?? []
        const files = first === undefined ? [] : (deployment.contentOf(first.jail)?.files ?? [])
        return files.filter(file => `/${file.path}` === path).length > 1
      })
      if (twice || ['/etc/rc.conf', '/etc/hosts', '/etc/resolv.conf'].includes(path))
        yield error('service-option', `${path} is meshwright's own`, {
          ...below(service, 'secret-files', path),
          key: true,
        })
    }
}

export const scriptPath = ({ step, on }: FirstStart): string => `usr/local/libexec/meshwright/${on.service}-${step}.sh`

const scriptOf = (step: FirstStart): JailFile => ({
  path: scriptPath(step),
  // Whoever runs it may have another idea of where programs are.
  text: step.text.replace(
    /^set -eu$/m,
    'set -eu\nPATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin\nexport PATH',
  ),
  mode: 0o700,
  secret: step.secret,
  reload: null,
})

export function instancesOf(service: string, role: string, mesh: Mesh, plan: ServicePlan): readonly Instance[] {
  const locked = plan.remembered.get(service)?.get(role)
  const name = jailName({ name: service }, role)
  return mesh.hosts.flatMap((host: Host): Instance[] => {
    const jail = host.jails.find(one => one.name === name)
    return jail?.spec.service?.name !== service || jail.spec.service.role !== role
      ? []
      : [{ service, role, host, jail, founder: locked?.founders.includes(host.name) === true }]
  })
}

function offersTo<C extends Capability>(
  givers: readonly { readonly name: string }[],
  capability: C,
  client: Instance,
  of: (name: string) => Deployed,
): ReadonlyMap<string, Offers[C]> {
  return new Map(
    givers.map(({ name }) => {
      const giver = of(name)
      if (giver.kind.offer === undefined) throw new Error(`${name} offers nothing: this is a bug in meshwright`)
      return [name, giver.kind.offer(capability, giver, client)]
    }),
  )
}

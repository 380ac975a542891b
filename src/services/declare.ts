/** `services:` of mesh.yaml, from what was written to services with read options and found dependencies. */
import * as z from 'zod'
import { type Diagnostic, error, type Place } from '../../topology/diagnostic.ts'
import { byText, type HostLabel, type HostName, nameProblem, type RegionName } from '../../topology/names.ts'
import type { ServiceSpec } from '../../topology/spec.ts'
import { hostLabel, name, size, text, userName } from '../load/fields.ts'
import { diagnose, hintFor } from '../load/issues.ts'
import type { Capability } from './capability.ts'
import type { AnyKind, Client, Need, RoleOverride, Service } from './kind.ts'

const names = z.array(name).min(1)
const pins = {
  hosts: names.optional().describe('Only on these hosts'),
  regions: names.optional().describe('Only in these regions'),
  labels: z.array(hostLabel).optional().describe('Only on hosts that have all of these labels'),
}
const override = z.strictObject({
  ...pins,
  count: z.int().min(0).max(99).optional().describe('How many instances'),
  cpus: z.number().min(0.01).max(1024).optional().describe('Cores of each instance'),
  memory: size.optional().describe('Memory of each instance'),
  disk: size.optional().describe('Disk of each instance'),
})

/** A secret that people gave, as a file of a jail. */
const secretFile = z.strictObject({
  secret: name.describe('Its name: meshwright secrets set NAME'),
  roles: z.array(z.string()).min(1).optional().describe('Only in the jails of these roles'),
  owner: userName.default('root'),
  group: userName.default('wheel'),
})
const secretPath = text(
  value => /^(?:\/[A-Za-z0-9._-]+)+$/.test(value) && !value.split('/').includes('..'),
  'an absolute path',
  'As in /usr/local/etc/alertmanager/discord-url.',
)

/** What every service may say, whatever its kind. */
const common = (kind: AnyKind) => ({
  kind: z.literal(kind.kind).describe(kind.summary),
  version: z.enum(kind.versions).default(kind.versions[0]).describe('The version its files are made for'),
  uses: z
    .record(z.string(), z.union([name, names]))
    .default({})
    .describe('Which service gives it what it needs'),
  'secret-files': z
    .record(secretPath, secretFile)
    .default({})
    .describe('Files with secrets that you gave: in its jails, by path, closed to all but owner and group'),
  ...pins,
  roles: z.record(z.string(), override).default({}).describe('What differs for single roles'),
})

/** All that one service of this kind may say in mesh.yaml. */
export const schemaOf = (kind: AnyKind) => z.strictObject({ ...common(kind), ...kind.options })

type Common = z.output<z.ZodObject<ReturnType<typeof common>>>

/** A service in the making: its dependencies and clients are added when all are read. */
interface Draft extends Service {
  readonly uses: Map<Capability, readonly Service[]>
  readonly clients: Client[]
  readonly asked: Common['uses']
}

export interface Declared {
  /** By name. */
  readonly services: readonly Service[]
  readonly diagnostics: readonly Diagnostic[]
}

export function declareServices(specs: readonly ServiceSpec[], catalogue: readonly AnyKind[]): Declared {
  const diagnostics: Diagnostic[] = []
  // By name: the order in mesh.yaml means nothing.
  const sorted = specs.toSorted((a, b) => byText(a.name, b.name))
  const drafts = sorted.flatMap(spec => draftOf(spec, catalogue, diagnostics) ?? [])
  if (drafts.length < specs.length) return { services: [], diagnostics }
  for (const draft of drafts) diagnostics.push(...connect(draft, drafts))
  if (diagnostics.length > 0) return { services: [], diagnostics }
  for (const draft of drafts) {
    diagnostics.push(...unknownRoles(draft))
    diagnostics.push(...(draft.kind.check?.(draft, drafts) ?? []))
  }
  return { services: drafts, diagnostics }
}

function draftOf(spec: ServiceSpec, catalogue: readonly AnyKind[], diagnostics: Diagnostic[]): Draft | null {
  const { name: called, place, value } = spec
  const problem = nameProblem(called)
  if (problem !== null)
    diagnostics.push(
      error('bad-name', `${JSON.stringify(called.slice(0, 80))} is not a name: ${problem}`, { ...place, key: true }),
    )
  const kind = catalogue.find(one => one.kind === value['kind'])
  if (kind === undefined) {
    const known = catalogue.map(one => one.kind)
    const said = String(value['kind']).slice(0, 80)
    const at = { ...place, path: [...place.path, 'kind'] }
    diagnostics.push(
      error('unknown-kind', `there is no kind of service ${JSON.stringify(said)}`, at, hintFor(said, known)),
    )
    return null
  }
  const schema = schemaOf(kind)
  const read = schema.safeParse(value, { reportInput: true })
  if (!read.success) {
    // Said of the whole file, so that paths and suggestions are those of the file.
    const whole = z.object({ services: z.object({ [called]: schema }) })
    const issues = read.error.issues.map(issue => ({ ...issue, path: [...place.path, ...issue.path] }))
    diagnostics.push(...diagnose(issues, place.document, whole))
    return null
  }
  const data = read.data as Common & Record<string, unknown>
  return {
    name: called,
    ...{ kind, place },
    version: data.version,
    options: data,
    everywhere: overrideOf(data),
    roles: new Map(Object.entries(data.roles).map(([role, said]) => [role, overrideOf(said)])),
    uses: new Map(),
    clients: [],
    asked: data.uses,
    secretFiles: Object.entries(data['secret-files']).map(([path, file]) => ({ path, ...file })),
  }
}

const overrideOf = (said: z.output<typeof override> | Common): RoleOverride => ({
  ...(!('kind' in said) && { count: said.count, cpus: said.cpus, memory: said.memory, disk: said.disk }),
  hosts: said.hosts as HostName[] | undefined,
  regions: said.regions as RegionName[] | undefined,
  labels: said.labels as HostLabel[] | undefined,
})

/** Finds who gives a service what it needs: the one it names, else the only one there is. */
function* connect(draft: Draft, drafts: readonly Draft[]): Iterable<Diagnostic> {
  const needs = draft.kind.needs(draft.options)
  const wanted: string[] = needs.map(need => need.capability)
  for (const key of Object.keys(draft.asked))
    if (!wanted.includes(key))
      yield error(
        'unknown-key',
        `${draft.kind.kind} uses no ${JSON.stringify(key)}`,
        below(draft, 'uses', key),
        hintFor(key, wanted, wanted.length === 0 ? 'It uses nothing of others.' : undefined),
      )
  for (const need of needs) {
    const giving = drafts.filter(other => other !== draft && other.kind.offers.includes(need.capability))
    const { givers, problems } = resolve(draft, need, giving)
    yield* problems
    if (givers.length > 0) draft.uses.set(need.capability, givers)
    for (const giver of givers) giver.clients.push({ service: draft, capability: need.capability, roles: need.roles })
  }
}

interface Found {
  readonly givers: readonly Draft[]
  readonly problems: readonly Diagnostic[]
}

function resolve(draft: Draft, need: Need, giving: readonly Draft[]): Found {
  const asked = draft.asked[need.capability]
  if (asked !== undefined) return named(draft, need, typeof asked === 'string' ? [asked] : asked, giving)
  if (need.many === true) return { givers: giving, problems: [] }
  const [only, second] = giving
  if (second !== undefined)
    return refused(
      'ambiguous-service',
      `${draft.name} needs ${need.capability}, and ${giving.map(other => other.name).join(', ')} give it`,
      { ...draft.place, key: true },
      `Say which: uses: {${need.capability}: ${only?.name ?? ''}}.`,
    )
  if (only !== undefined) return { givers: [only], problems: [] }
  if (need.optional === true) return { givers: [], problems: [] }
  return refused(
    'missing-service',
    `${draft.name} needs ${need.capability}, and no service gives it`,
    { ...draft.place, key: true },
    'Declare one under services:.',
  )
}

function named(draft: Draft, need: Need, asked: readonly string[], giving: readonly Draft[]): Found {
  const { capability, many = false } = need
  if (asked.length > 1 && !many)
    return refused(
      'service-option',
      `${draft.name} uses one service for ${capability}, and ${asked.length} are named`,
      below(draft, 'uses', capability),
      `Say uses: {${capability}: ${asked[0] ?? ''}}.`,
    )
  const givers = giving.filter(other => asked.includes(other.name))
  const known = giving.map(other => other.name)
  const problems = asked
    .filter(called => !known.includes(called))
    .map(called =>
      error(
        'unknown-reference',
        `no service ${JSON.stringify(called)} gives ${capability}`,
        below(draft, 'uses', capability),
        hintFor(called, known, `Declare one: ${draft.name} needs ${capability}.`),
      ),
    )
  return { givers, problems }
}

const refused = (...of: Parameters<typeof error>): Found => ({ givers: [], problems: [error(...of)] })

function* unknownRoles(draft: Draft): Iterable<Diagnostic> {
  const known = draft.kind.roles(draft).map(role => role.name)
  for (const role of draft.roles.keys())
    if (!known.includes(role))
      yield error(
        'unknown-reference',
        `${draft.kind.kind} has no role ${JSON.stringify(role)}`,
        { ...below(draft, 'roles', role), key: true },
        hintFor(role, known),
      )
  for (const role of draft.kind.roles(draft))
    if (role.count === 'with-clients' && draft.roles.get(role.name)?.count !== undefined)
      yield error(
        'service-option',
        `${role.name} of ${draft.name} is beside every client: it has no count of its own`,
        below(draft, 'roles', role.name, 'count'),
        'Leave it out: hosts of clients decide.',
      )
  for (const { path, roles } of draft.secretFiles)
    for (const [i, role] of (roles ?? []).entries())
      if (!known.includes(role))
        yield error(
          'unknown-reference',
          `${draft.kind.kind} has no role ${JSON.stringify(role)}`,
          below(draft, 'secret-files', path, 'roles', i),
          hintFor(role, known),
        )
}

export const below = (service: { readonly place: Place }, ...path: (string | number)[]): Place => ({
  ...service.place,
  path: [...service.place.path, ...path],
})

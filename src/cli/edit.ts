/** `meshwright add` and `remove`: changes to the YAML, tried out on the whole mesh before a byte is written. */
import { mkdir, unlink } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import picomatch from 'picomatch'
import { stringify } from 'yaml'
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import { nameProblem } from '../../topology/names.ts'
import type { RegionSpec } from '../../topology/spec.ts'
import { insertEntry, removeEntry } from '../edit/yaml-text.ts'
import { defaultRegions, meshDocument } from '../load/directory.ts'
import { hintFor } from '../load/issues.ts'
import { loadMesh, type Loaded, positioned } from '../load/mesh.ts'
import { openMesh } from '../load/open.ts'
import { replaceFile } from '../write/replace.ts'
import { alone } from './alone.ts'
import { type ExitCode, exitCodes, type Io, refuse, report } from './io.ts'

export interface EditOptions {
  readonly directory: string
  readonly wait: number
  readonly json: boolean
}

/** What is to be written: a document's new text, or null when the file goes. */
interface Edit {
  readonly document: string
  readonly text: string | null
  readonly done: string
}

type Edited = Edit | Diagnostic

export interface NewRegion {
  readonly title?: string
  readonly latitude?: number
  readonly longitude?: number
  readonly provider?: string
}

export const addRegion = (io: Io, name: string, region: NewRegion, options: EditOptions): Promise<ExitCode> =>
  edit(io, options, name, loaded => {
    // Beside the others: `regions:` of mesh.yaml says where they are.
    const document = posix.join(posix.dirname(regionsOf(loaded)[0]?.document ?? defaultRegions), `${name}.yaml`)
    if (loaded.documents.has(document) || regionsOf(loaded).some(r => r.name === name))
      return error('duplicate-region', `there is a region ${name} already`)
    const pattern = loaded.spec?.regionsPattern ?? defaultRegions
    if (!picomatch.isMatch(document, pattern))
      return error(
        'regions-pattern',
        `regions: ${JSON.stringify(pattern)} does not find ${document}`,
        { document: meshDocument, path: ['regions'] },
        'Make the file by hand where the pattern finds it, or widen the pattern.',
      )
    const { latitude, longitude, title, provider } = region
    if ((latitude === undefined) !== (longitude === undefined))
      return error('bad-value', 'a location is a latitude and a longitude', undefined, 'Give both, or none.')
    const body = stringify(
      {
        region: name,
        title: title ?? name,
        ...(latitude !== undefined && { location: { latitude, longitude } }),
        ...(provider !== undefined && { provider }),
        hosts: {},
      },
      { lineWidth: 0 },
    )
    return {
      document,
      text: `# yaml-language-server: $schema=../schema/region.json\n${body}`,
      done: `added region ${name}`,
    }
  })

/** As in the YAML, in the order in which they are written there. */
export interface NewHost {
  readonly endpoint: readonly string[]
  readonly interface: string
  readonly provider?: string
  readonly arch?: string
  readonly class?: string
  readonly cpus?: number
  readonly memory?: string
  readonly disk?: string
  readonly release?: string
}

export const addHost = (io: Io, name: string, to: string, host: NewHost, options: EditOptions): Promise<ExitCode> =>
  edit(io, options, name, loaded => {
    const region = regionsOf(loaded).find(r => r.name === to)
    if (region === undefined)
      return unknown(
        'region',
        to,
        regionsOf(loaded).map(r => r.name),
      )
    if (regionsOf(loaded).some(r => r.hosts.some(h => h.name === name)))
      return error('duplicate-host', `there is a host ${name} already`)
    const [only, second] = host.endpoint
    const value = second === undefined ? { ...host, endpoint: only } : host
    return insert(loaded, region, ['hosts'], name, value, false, `added host ${name} to region ${region.name}`)
  })

export interface NewJail {
  readonly host: string
  readonly port: readonly string[]
  readonly from: readonly string[]
  readonly memory?: string
  readonly cpus?: number
}

export const addJail = (io: Io, name: string, jail: NewJail, options: EditOptions): Promise<ExitCode> =>
  edit(io, options, name, loaded => {
    const region = regionOf(loaded, jail.host)
    if (region === undefined) return unknown('host', jail.host, hostNames(loaded))
    if (region.hosts.some(h => h.name === jail.host && h.jails.some(j => j.name === name)))
      return error('bad-value', `${jail.host} has a jail ${name} already`)
    const value = {
      ...(jail.port.length > 0 && { ports: jail.port }),
      ...(jail.from.length > 0 && { from: jail.from }),
      ...(jail.cpus !== undefined && { cpus: jail.cpus }),
      ...(jail.memory !== undefined && { memory: jail.memory }),
    }
    return insert(
      loaded,
      region,
      ['hosts', jail.host, 'jails'],
      name,
      value,
      true,
      `added jail ${name} to ${jail.host}`,
    )
  })

export const removeRegion = (io: Io, name: string, options: EditOptions): Promise<ExitCode> =>
  edit(io, options, null, loaded => {
    const region = regionsOf(loaded).find(r => r.name === name)
    if (region === undefined)
      return unknown(
        'region',
        name,
        regionsOf(loaded).map(r => r.name),
      )
    if (region.hosts.length > 0) {
      const hosts = region.hosts.map(h => h.name).join(', ')
      return error(
        'bad-value',
        `region ${name} still has hosts: ${hosts}`,
        undefined,
        'meshwright remove host NAME takes them away.',
      )
    }
    return { document: region.document, text: null, done: `removed region ${name}` }
  })

export const removeHost = (io: Io, name: string, options: EditOptions): Promise<ExitCode> =>
  edit(io, options, null, loaded => {
    const region = regionOf(loaded, name)
    if (region === undefined) return unknown('host', name, hostNames(loaded))
    return take(loaded, region, ['hosts'], name, `removed host ${name}; mesh.lock.yaml keeps its numbers`)
  })

export const removeJail = (io: Io, name: string, host: string, options: EditOptions): Promise<ExitCode> =>
  edit(io, options, null, loaded => {
    const region = regionOf(loaded, host)
    if (region === undefined) return unknown('host', host, hostNames(loaded))
    const jails: string[] = region.hosts.find(h => h.name === host)?.jails.map(j => j.name) ?? []
    if (!jails.includes(name)) return unknown('jail', name, jails)
    return take(loaded, region, ['hosts', host, 'jails'], name, `removed jail ${name} from ${host}`)
  })

/** `newName`: what must be a name before it becomes part of a path. */
async function edit(
  io: Io,
  options: EditOptions,
  newName: string | null,
  make: (loaded: Loaded) => Edited,
): Promise<ExitCode> {
  const problem = newName === null ? null : nameProblem(newName)
  if (problem !== null)
    return refuse(
      io,
      [error('bad-name', `${JSON.stringify(newName?.slice(0, 80))} is not a name: ${problem}`)],
      options.json,
    )
  return alone(io, options, async () => {
    const loaded = await loadMesh(options.directory)
    if (loaded.spec === null) return refuse(io, loaded.diagnostics, options.json)
    const made = make(loaded)
    if ('severity' in made) return refuse(io, positioned([made], loaded.documents), options.json)
    const overrides = new Map([[made.document, made.text]])
    const tried = await openMesh({
      directory: options.directory,
      environment: io.environment,
      purpose: 'plan',
      overrides,
    })
    if (tried.mesh === null) return refuse(io, tried.diagnostics, options.json)
    const file = join(options.directory, made.document)
    if (made.text === null) await unlink(file)
    else {
      await mkdir(dirname(file), { recursive: true })
      await replaceFile(file, made.text, 0o644)
    }
    if (options.json)
      io.stdout.write(`${JSON.stringify({ ok: true, file: made.document, done: made.done }, null, 2)}\n`)
    else {
      report(io, tried.diagnostics)
      io.stdout.write(`${made.document}: ${made.done}\n`)
    }
    return exitCodes.done
  })
}

function insert(
  loaded: Loaded,
  region: RegionSpec,
  path: readonly string[],
  key: string,
  value: unknown,
  flow: boolean,
  done: string,
): Edited {
  const text = loaded.documents.get(region.document)?.text ?? ''
  return { document: region.document, text: insertEntry(text, path, key, value, flow), done }
}

function take(loaded: Loaded, region: RegionSpec, path: readonly string[], key: string, done: string): Edited {
  const text = removeEntry(loaded.documents.get(region.document)?.text ?? '', path, key)
  if (text === null)
    return error('bad-value', `${key} stands in ${region.document} by way of an alias: edit it by hand`)
  return { document: region.document, text, done }
}

const regionsOf = (loaded: Loaded): readonly RegionSpec[] => loaded.spec?.regions ?? []
const hostNames = (loaded: Loaded): string[] => regionsOf(loaded).flatMap(r => r.hosts.map(h => h.name))
const regionOf = (loaded: Loaded, host: string): RegionSpec | undefined =>
  regionsOf(loaded).find(region => region.hosts.some(h => h.name === host))

const unknown = (what: string, name: string, known: readonly string[]): Diagnostic =>
  error(
    'unknown-reference',
    `there is no ${what} ${JSON.stringify(name.slice(0, 80))}`,
    undefined,
    hintFor(name, known),
  )

/**
 * Zone files (RFC 1035 §5) of the mesh: its names, and the way back from addresses to names. For a name server of your own;
 * where the mesh has a service `bind`, these are its zones with its records and serials.
 */
import { isIPv4 } from 'node:net'
import * as z from 'zod'
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import { isDomainName } from '../../topology/names.ts'
import type { Opened } from '../load/open.ts'
import { madeBy } from '../render/file.ts'
import { type BindOptions, options as bindOptions } from '../services/bind/options.ts'
import { zoneText } from '../services/bind/zone.db.ts'
import { isWithin, serversOf, type Zone, zonesServed } from '../services/bind/zones.ts'
import { instancesOf } from '../services/deploy.ts'
import type { Service } from '../services/kind.ts'
import { printable } from '../text/printable.ts'
import type { ExportFile } from './files.ts'
import type { Planned } from './graph.ts'

export interface ZoneOptions {
  /** Full names of the name servers that will answer, the primary first. None: those of the mesh. */
  readonly servers?: readonly string[]
  /** A mail address. Default: what the service says, or hostmaster at the domain of the mesh. */
  readonly contact?: string
  /** Of every zone. Default: as counted for the service, one more after each change that was built. */
  readonly serial?: number
}

/** `before`: the lock as it is on disk. */
type Counted = Planned & Pick<Opened, 'before'>

const bindFields = z.object(bindOptions)

/** Why the zones cannot be written: nothing is made up that others would keep. */
export function* zoneProblems(planned: Planned, options: ZoneOptions): Iterable<Diagnostic> {
  const { servers, contact, serial } = options
  for (const server of servers ?? []) {
    if (!isDomainName(server) || !server.includes('.') || isIPv4(server))
      yield bad(`the name server ${shown(server)} has no full name`, 'As in ns.example.net, without a dot at the end.')
    else if (isWithin(server.toLowerCase(), planned.mesh.domain.toLowerCase()) && !hasAddress(planned, server))
      yield bad(
        `the name server ${shown(server)} is below ${planned.mesh.domain}, and has no address there: no name server loads such a zone`,
        'Name a host or jail of the mesh by its full name, or a name server outside of it.',
      )
  }
  if (contact !== undefined && !bindFields.shape.contact.safeParse(contact).success)
    yield bad(`the contact ${shown(contact)} is no mail address`, 'As in hostmaster@example.net.')
  if (serial !== undefined && !isSerial(serial))
    yield bad(`${serial} is no serial`, 'A whole number from 1 to 4294967295.')
  if (bindOf(planned) !== null) return
  if (servers === undefined || servers.length === 0)
    yield bad(
      `no service of ${planned.mesh.name} answers for its names, and a zone says who does`,
      'Give --servers ns.example.net, the full names of your name servers, the primary first.',
    )
  if (serial === undefined)
    yield bad(
      'nobody counts the changes of these zones, and copies of them stay as they are until the serial rises',
      'Give --serial 1, and a higher one after each change.',
    )
}

/** For options without {@link zoneProblems}. */
export function zoneFiles(planned: Counted, options: ZoneOptions = {}): readonly ExportFile[] {
  const [problem] = zoneProblems(planned, options)
  if (problem !== undefined) throw new Error(`${problem.message}: this is a bug in meshwright`)
  return zonesOf(planned, options).map(zone => {
    const { serial, settled } = serialOf(zone.name, planned, options)
    const comments = [
      madeBy,
      ...(settled ? [] : ['The serial is kept by the next build; another change before it has the same.']),
    ]
    return {
      path: `${zone.name}.zone`,
      text: `${comments.map(line => `; ${line}\n`).join('')}${zoneText(zone, serial)}`,
    }
  })
}

/** Those of the mesh itself, by name; other zones are with whoever wrote them. */
function zonesOf(planned: Planned, { servers, contact }: ZoneOptions): readonly Zone[] {
  const bind = bindOf(planned)
  const { mesh } = planned
  const options = { ...(bind?.options ?? bindFields.parse({})), ...(contact !== undefined && { contact }) }
  const own = servers?.map(name => name.toLowerCase()) ?? serversIn(planned)
  const domain = mesh.domain.toLowerCase()
  return zonesServed({ options, mesh, servers: [...new Set(own)] }).filter(
    zone => zone.name === domain || !Object.hasOwn(options.zones, zone.name),
  )
}

/** In the zones as they are without the servers that are asked for. */
const hasAddress = (planned: Planned, server: string): boolean =>
  zonesOf(planned, {}).some(({ records }) =>
    records.some(({ name, type }) => name === server.toLowerCase() && (type === 'A' || type === 'AAAA')),
  )

/** The first by name. */
function bindOf({ services }: Planned): Service<BindOptions> | null {
  const found = services?.services.find(({ kind }) => kind.kind === 'bind')
  return (found as Service<BindOptions> | undefined) ?? null
}

function serversIn(planned: Planned): readonly string[] {
  const [bind, { mesh, services }] = [bindOf(planned), planned]
  if (bind === null || services === null) return []
  return serversOf({ instances: role => instancesOf(bind.name, role, mesh, services) })
}

interface Serial {
  readonly serial: number
  /** Remembered by the lock: the next change gets a higher one. */
  readonly settled: boolean
}

function serialOf(zone: string, { services, before, ...planned }: Counted, { serial }: ZoneOptions): Serial {
  if (serial !== undefined) return { serial, settled: true }
  const bind = bindOf({ ...planned, services })?.name ?? ''
  const now = services?.serials.get(bind)?.get(zone)
  if (now === undefined) throw new Error(`${zone} is not counted: this is a bug in meshwright`)
  return { serial: now.serial, settled: before?.serials.get(bind)?.get(zone)?.digest === now.digest }
}

const isSerial = (serial: number): boolean => Number.isInteger(serial) && serial >= 1 && serial < 2 ** 32

const bad = (message: string, hint: string): Diagnostic => error('bad-value', message, undefined, hint)

const shown = (text: string): string => JSON.stringify(printable(text.slice(0, 80)))

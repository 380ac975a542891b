/** Peers as wg(8) knows them, by their public keys, and the echoes that came back through the tunnels. */
import { type Fleet, tunnelBetween, type WatchedHost } from '../../fleet.ts'
import type { Peers, Pings } from '../../report.ts'
import type { Part } from '../output.ts'
import { numberOf } from './number.ts'

const noPeers: Peers = { to: [], age: [], received: [], sent: [], endpoints: [], strangers: [] }

/** A host without wg0 knows no peers. */
export function withoutTunnels(part: Part | undefined, miss: () => void): Peers | null {
  if (part === undefined || part.status === 0 || part.status === null) return null
  if (!part.lines.some(line => /^Unable to access interface.*: (?:No such device|Device not configured)$/.test(line)))
    return null
  miss()
  return noPeers
}

const keyLine = /^([A-Za-z0-9+/]{43}=)\t(.*)$/

export function peersOf(
  fleet: Fleet,
  host: WatchedHost,
  lines: readonly string[],
  ends: readonly string[],
): Peers | null {
  const clock = numberOf(/^clock (\S+)$/.exec(lines[0] ?? '')?.[1])
  if (clock === null) return null
  const [shakes, transfer] = twoTables(lines, 'transfer')
  const [allowed, endpoints] = twoTables(ends, 'endpoints')
  const { byKey, byPrefix } = directoryOf(fleet)
  const numberByKey = new Map<string, number>()
  const taken = new Set<number>()
  const strangers: string[] = []
  for (const key of shakes.keys()) {
    const number = byKey.get(key)
    if (number === undefined) continue
    numberByKey.set(key, number)
    taken.add(number)
  }
  for (const key of shakes.keys()) {
    if (numberByKey.has(key)) continue
    const number = (allowed.get(key) ?? '').split(/[ ,]+/).flatMap(prefix => byPrefix.get(prefix) ?? [])[0]
    const name = number === undefined ? undefined : fleet.hosts[number]?.name
    if (number === undefined || name === undefined || taken.has(number))
      strangers.push(`unknown peer ${key.slice(0, 8)}...`)
    else {
      numberByKey.set(key, number)
      taken.add(number)
      strangers.push(`${name} has another key than planned`)
    }
  }
  const rows: { number: number; age: number; received: number; sent: number; endpoint: string }[] = []
  for (const [key, shaken] of shakes) {
    const number = numberByKey.get(key)
    if (number === undefined) continue
    if (tunnelBetween(fleet.tunnels, host.number, number) < 0) {
      strangers.push(`${fleet.hosts[number]?.name ?? ''} is a peer, and none is planned`)
      continue
    }
    const at = numberOf(shaken)
    const [received, sent] = (transfer.get(key) ?? '').split('\t').map(numberOf)
    const endpoint = endpoints.get(key) ?? ''
    rows.push({
      number,
      // The clock may have been set back since.
      age: at === null || at === 0 ? NaN : Math.max(0, clock - at),
      ...{ received: received ?? NaN, sent: sent ?? NaN },
      endpoint: /^[\w.:[\]%]{1,64}$/.test(endpoint) ? endpoint : '',
    })
  }
  rows.sort((a, b) => a.number - b.number)
  return {
    to: rows.map(row => row.number),
    age: rows.map(row => row.age),
    received: rows.map(row => row.received),
    sent: rows.map(row => row.sent),
    endpoints: rows.map(row => row.endpoint),
    strangers: strangers.length > 20 ? [...strangers.slice(0, 19), `and ${strangers.length - 19} more`] : strangers,
  }
}

/** Values by public key, before and after the line that is this word alone. */
function twoTables(lines: readonly string[], second: string) {
  const tables = [new Map<string, string>(), new Map<string, string>()] as const
  let table: Map<string, string> = tables[0]
  for (const line of lines) {
    if (line === second) table = tables[1]
    const [, key, value] = keyLine.exec(line) ?? []
    if (key !== undefined && value !== undefined) table.set(key, value)
  }
  return tables
}

interface Directory {
  readonly byKey: ReadonlyMap<string, number>
  readonly byPrefix: ReadonlyMap<string, number>
}

const directories = new WeakMap<Fleet, Directory>()

function directoryOf(fleet: Fleet): Directory {
  const known = directories.get(fleet)
  if (known !== undefined) return known
  const directory = {
    byKey: new Map(fleet.hosts.flatMap(({ publicKey, number }) => (publicKey === null ? [] : [[publicKey, number]]))),
    byPrefix: new Map(
      fleet.hosts.flatMap(({ prefix, number }) => [[prefix.inet, number] as const, [prefix.inet6, number]]),
    ),
  }
  directories.set(fleet, directory)
  return directory
}

export function pingsOf(fleet: Fleet, lines: readonly string[]): Pings {
  const found = new Map<number, number>()
  for (const line of lines) {
    const [, host = '', time = ''] = /^([0-9]{1,6}) ([0-9]+(?:\.[0-9]+)?|-)$/.exec(line) ?? []
    if (host !== '' && Number(host) < fleet.hosts.length) found.set(Number(host), numberOf(time) ?? NaN)
  }
  return { to: [...found.keys()], milliseconds: [...found.values()] }
}

/**
 * What came back from a host, as a report. The text is hostile: a line counts only behind the random word of its look, a
 * fact only in the shape that its command gives it, and whatever is cut, wrong or not there is missing, with a reason.
 */
import type { Sample } from '../../services/kind.ts'
import type { Fleet, WatchedHost, WatchedInstance } from '../fleet.ts'
import { tunnelBetween } from '../fleet.ts'
import type { Answer, Carp, Drift, HostReport, Interface, Peers, Pf, PfLabel, Pings, Pool, System } from '../report.ts'
import { parseSamples } from '../samples.ts'
import { metricsPart, probePart } from './probe.sh.ts'

/** What one part of a look said. */
export interface Part {
  readonly lines: readonly string[]
  /** Of its command; null: it had not ended when the answer did. */
  readonly status: number | null
}

export interface Output {
  /** The script ran. */
  readonly begun: boolean
  /** And it came to its end, though parts of it may have not. */
  readonly ended: boolean
  readonly parts: ReadonlyMap<string, Part>
}

const marker = /^([\w./:@-]+) (?:([=+])(.*)|!([0-9]{1,3}))$/

/**
 * Undoes what the script did to the lines; `nonce`: the word of the look. `asked`: parts that nobody asked for are noise,
 * and one that says more than it may was cut by nobody, so it is not from the script: it counts as not ended.
 */
export function readOutput(
  text: string,
  nonce: string,
  asked?: readonly { readonly name: string; readonly bytes: number }[],
): Output {
  const limits = asked === undefined ? null : new Map(asked.map(({ name, bytes }) => [name, bytes]))
  const parts = new Map<string, { lines: string[]; status: number | null; open: string; left: number }>()
  let [begun, ended] = [false, false]
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${nonce} `)) continue
    const rest = line.slice(nonce.length + 1)
    if (rest === 'begin') begun = true
    else if (rest === 'end') {
      ended = true
      break
    }
    const [, name, kind, raw = '', status] = marker.exec(rest) ?? []
    if (name === undefined) continue
    const limit = limits === null ? Infinity : limits.get(name)
    if (limit === undefined) continue
    // The last line may have had no end.
    const part = parts.get(name) ?? { lines: [], status: null, open: '', left: limit + 1 }
    parts.set(name, part)
    part.left -= raw.length + (kind === '=' ? 1 : 0)
    if (part.left < 0) part.status = null
    else if (status !== undefined) part.status = Number(status)
    else if (kind === '+') part.open += plain(raw)
    else {
      part.lines.push(part.open + plain(raw))
      part.open = ''
    }
  }
  return { begun, ended, parts: new Map([...parts].map(([name, { lines, status }]) => [name, { lines, status }])) }
}

/** The script leaves nothing else; whoever speaks in its place may. */
const plain = (text: string): string => text.replace(/[^\t -~]/g, '')

export interface Reading {
  readonly at: number
  readonly took: number | null
  /** By name. */
  readonly parts: ReadonlyMap<string, Part>
  /** Parts that were not asked for this time, and why. */
  readonly skipped: ReadonlyMap<string, string>
}

export function reportOf(fleet: Fleet, host: WatchedHost, { at, took, parts, skipped }: Reading): HostReport {
  const missing = new Map<string, string>()
  /** `what`: the command, for people. Null from `read`: its answer makes no sense. */
  const told = <T>(name: string, what: string, read: (lines: readonly string[]) => T | null): T | null => {
    const part = parts.get(name)
    const value = part?.status === 0 ? read(part.lines) : null
    if (value === null) missing.set(what, skipped.get(name) ?? reasonOf(part))
    return value
  }
  const [release, ends] = [parts.get('release'), parts.get('ends')]
  const files = host.files
  const report: Omit<HostReport, 'missing'> = {
    ...{ kind: 'report', host: host.number, at, took },
    system: told('system', 'sysctl', lines => systemOf(lines, release?.status === 0 ? release.lines : [])),
    pools: told('pools', 'zpool list', poolsOf),
    jails: told('jails', 'jls', jailsOf),
    interfaces: told('interfaces', 'netstat', interfacesOf),
    pf: withoutPf(parts.get('pf')) ?? told('pf', 'pfctl', pfOf),
    carp: told('carp', 'ifconfig', carpOf),
    drift:
      files === null
        ? null
        : driftOf(files, parts.get('files'), why => missing.set('sha256', skipped.get('files') ?? why)),
    peers:
      withoutTunnels(parts.get('tunnels'), () => missing.set('wg show', 'there is no wg0')) ??
      told('tunnels', 'wg show', lines => peersOf(fleet, host, lines, ends?.status === 0 ? ends.lines : [])),
    pings: parts.has('pings') ? told('pings', 'ping', lines => pingsOf(fleet, lines)) : null,
    answers: host.instances.map(instance => answerOf(fleet, instance, parts, skipped)),
  }
  // Not from a host that asks no such thing.
  if (release !== undefined && release.status !== 0) missing.set('freebsd-version', reasonOf(release))
  return { ...report, missing: Object.fromEntries(missing) }
}

function reasonOf(part: Part | undefined): string {
  if (part === undefined || part.status === null) return 'no answer in time'
  // timeout(1) says 124, and 137 when it had to kill; 127 is a command that is not there.
  if (part.status === 124 || part.status === 137) return 'no answer in time'
  if (part.status === 127) return 'there is no such command'
  if (part.status === 0) return 'its answer makes no sense'
  // What it complains of comes first, how to use it after that.
  const said = part.lines.find(line => line.trim() !== '' && !line.startsWith('clock '))?.trim() ?? ''
  if (said.startsWith('doas: ')) return 'needs root'
  return said === '' ? `exit status ${part.status}` : short(said)
}

const short = (text: string, most = 120): string => (text.length > most ? `${text.slice(0, most - 3)}...` : text)

/** Not negative, and finite; null for all that is no number. */
function numberOf(value: unknown): number | null {
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && /^[0-9]+(\.[0-9]+)?$/.test(value)
        ? Number(value)
        : NaN
  return Number.isFinite(number) && number >= 0 ? number : null
}

/** Every value, or null. */
function every(values: readonly (number | null)[]): readonly number[] | null {
  const numbers = values.filter(value => value !== null)
  return numbers.length === values.length ? numbers : null
}

function systemOf(lines: readonly string[], release: readonly string[]): System | null {
  const named = new Map(
    lines.flatMap(line => {
      const [, name, value] = /^([\w.():]+?):? +(.*)$/.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [[name, value.trim()] as const]
    }),
  )
  const value = (name: string): number | null => numberOf(named.get(name))
  const freebsd = named.has('kern.boottime')
  const [, booted] = /sec = ([0-9]+)/.exec(named.get('kern.boottime') ?? '') ?? []
  const loads = (named.get(freebsd ? 'vm.loadavg' : 'load') ?? '').replace(/[{}]/g, ' ').trim().split(/ +/)
  const [one, five, fifteen] = every(loads.map(numberOf)) ?? []
  const memory = freebsd ? memoryOf(value) : every(['MemTotal', 'MemAvailable'].map(name => kilobytes(value(name))))
  const [total, free] = memory ?? []
  const facts = every([value('clock'), freebsd ? numberOf(booted) : value('boot'), value(freebsd ? 'hw.ncpu' : 'cpus')])
  if (facts === null || one === undefined || five === undefined || fifteen === undefined) return null
  if (total === undefined || free === undefined) return null
  const [clock = 0, boot = 0, cpus = 0] = facts
  const [kernel, running, userland] = release.map(line => short(line.trim(), 40))
  return {
    ...{ clock, booted: boot, cpus, load: [one, five, fifteen] },
    memory: { total, free: Math.min(free, total) },
    release:
      kernel === undefined || running === undefined || userland === undefined ? null : { kernel, running, userland },
  }
}

const kilobytes = (value: number | null): number | null => (value === null ? null : value * 1024)

/**
 * What can be had without swapping: free pages, inactive ones (most are clean: a file has them), and what the ARC gives
 * back before it is at its least. Not the laundry: that is dirty, and much of it goes to swap.
 */
function memoryOf(value: (name: string) => number | null): readonly number[] | null {
  const pages = every(
    ['hw.physmem', 'hw.pagesize', 'vm.stats.vm.v_free_count', 'vm.stats.vm.v_inactive_count'].map(value),
  )
  if (pages === null) return null
  const [total = 0, size = 0, free = 0, inactive = 0] = pages
  const arc = (value('kstat.zfs.misc.arcstats.size') ?? 0) - (value('kstat.zfs.misc.arcstats.c_min') ?? 0)
  return [total, (free + inactive) * size + Math.max(0, arc)]
}

/** A pool that cannot be opened has `-` for its sizes. */
const poolsOf = (lines: readonly string[]): readonly Pool[] =>
  lines.flatMap(line => {
    const [name = '', size = '', allocated = '', health = ''] = line.split('\t')
    if (!/^[\w.: -]+$/.test(name) || !/^[A-Z]+$/.test(health)) return []
    return [{ name, size: numberOf(size) ?? 0, allocated: numberOf(allocated) ?? 0, health }]
  })

/** Jails within jails (`db.inner`) are the business of those. */
const jailsOf = (lines: readonly string[]): readonly string[] =>
  lines.map(line => line.trim()).filter(name => /^[\w-]{1,255}$/.test(name))

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const IFF_UP = 0x1
/** Without it a wg0 whose port somebody else has is `up` as well: ifconfig(8). */
const IFF_DRV_RUNNING = 0x40

/** One entry an address: those of the link count once. */
function interfacesOf(lines: readonly string[]): readonly Interface[] | null {
  const document = parsed(lines.join(''))
  const statistics = isRecord(document) ? document['statistics'] : null
  const entries: unknown = isRecord(statistics) ? statistics['interface'] : null
  if (!Array.isArray(entries)) return null
  const found = new Map<string, Interface>()
  for (const entry of entries) {
    if (!isRecord(entry)) continue
    const { name, network, flags } = entry
    if (typeof name !== 'string' || typeof network !== 'string' || !network.startsWith('<Link#')) continue
    // A star is for one that is down.
    const [, plainName, star] = /^([\w.]{1,15})(\*?)$/.exec(name) ?? []
    if (plainName === undefined || found.has(plainName)) continue
    const bits = typeof flags === 'string' ? Number(flags) : typeof flags === 'number' ? flags : NaN
    const count = (key: string): number => numberOf(entry[key]) ?? 0
    found.set(plainName, {
      name: plainName,
      up: star === '' && (Number.isNaN(bits) || ((bits & IFF_UP) !== 0 && (bits & IFF_DRV_RUNNING) !== 0)),
      mtu: count('mtu'),
      received: count('received-bytes'),
      sent: count('sent-bytes'),
      errors: count('received-errors') + count('dropped-packets') + count('send-errors'),
    })
  }
  return [...found.values()]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Without its module there is no /dev/pf, and nothing is filtered. */
const withoutPf = (part: Part | undefined): Pf | null =>
  part !== undefined &&
  part.status !== 0 &&
  part.lines.some(line => line.includes('/dev/pf: No such file or directory'))
    ? { enabled: false, defaultDeny: null, states: null, labels: [] }
    : null

const denies =
  /^block (?:(?:drop|return|return-\S+(?: ?\([^)]*\))?) )?(?:log (?:\([^)]*\) )?)?(?:quick )?all(?: (?:label|ridentifier|tag) .*)?$/

function pfOf(lines: readonly string[]): Pf | null {
  const [atRules, atLabels] = [lines.indexOf('rules'), lines.indexOf('labels')]
  const info = atRules < 0 ? lines : lines.slice(0, atRules)
  const status = info.map(line => /^Status: (Enabled|Disabled)\b/.exec(line)?.[1]).find(word => word !== undefined)
  if (status === undefined) return null
  const states = info.map(line => /^ *current entries +([0-9]+)/.exec(line)?.[1]).find(text => text !== undefined)
  const rule = atRules < 0 ? undefined : lines.slice(atRules + 1, atLabels < 0 ? undefined : atLabels)[0]
  return {
    enabled: status === 'Enabled',
    // No rule at all passes everything, if the rules were told to their end.
    defaultDeny: rule === undefined ? (atLabels < 0 ? null : false) : denies.test(short(rule.trim(), 1000)),
    states: numberOf(states),
    labels: atLabels < 0 ? [] : lines.slice(atLabels + 1).flatMap(labelOf),
  }
}

function labelOf(line: string): readonly PfLabel[] {
  const [, packets, bytes, states, label = ''] = /^([0-9]{1,20}) ([0-9]{1,20}) ([0-9]{1,20}) (.*)$/.exec(line) ?? []
  if (label.trim() === '') return []
  return [
    {
      label: short(label.trim(), 64),
      packets: Number(packets),
      bytes: Number(bytes),
      states: Number(states),
    },
  ]
}

const carpOf = (lines: readonly string[]): readonly Carp[] =>
  lines.flatMap(line => {
    const [, name = '', state = '', vhid = ''] =
      /^([\w.]{1,15})\s+carp: (\w{1,16}) vhid ([0-9]{1,3})\b/.exec(line) ?? []
    return name === '' ? [] : [{ interface: name, vhid: Number(vhid), state }]
  })

function driftOf(
  files: NonNullable<WatchedHost['files']>,
  part: Part | undefined,
  miss: (why: string) => void,
): Drift | null {
  if (files.length === 0) return { checked: 0, changed: [], missing: [] }
  const sums = new Map<string, string>()
  const gone = new Set<string>()
  for (const line of part?.lines ?? []) {
    const [, sum = '', path = ''] = /^([0-9a-f]{64}) +\*?(\/.*)$/.exec(line) ?? []
    if (path !== '') sums.set(path, sum)
    const [, absent = ''] = /^\w+: (\/.*): No such file or directory$/.exec(line) ?? []
    if (absent !== '') gone.add(absent)
  }
  const known = files.filter(({ path }) => sums.has(path) || gone.has(path))
  // It fails for a single file that is not there; what it said of the others holds.
  if (known.length < files.length) miss(known.length === 0 ? reasonOf(part) : unreadText(files.length - known.length))
  if (known.length === 0) return null
  return {
    checked: known.length,
    changed: known.filter(({ path, sha256 }) => (sums.get(path) ?? sha256) !== sha256).map(({ path }) => path),
    missing: known.filter(({ path }) => !sums.has(path)).map(({ path }) => path),
  }
}

const unreadText = (count: number): string => `${count} file${count === 1 ? '' : 's'} cannot be read`

const noPeers: Peers = { to: [], age: [], received: [], sent: [], endpoints: [], strangers: [] }

/** A host without wg0 knows no peers. */
function withoutTunnels(part: Part | undefined, miss: () => void): Peers | null {
  if (part === undefined || part.status === 0 || part.status === null) return null
  if (!part.lines.some(line => /^Unable to access interface.*: (?:No such device|Device not configured)$/.test(line)))
    return null
  miss()
  return noPeers
}

const keyLine = /^([A-Za-z0-9+/]{43}=)\t(.*)$/

function peersOf(fleet: Fleet, host: WatchedHost, lines: readonly string[], ends: readonly string[]): Peers | null {
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

function pingsOf(fleet: Fleet, lines: readonly string[]): Pings {
  const found = new Map<number, number>()
  for (const line of lines) {
    const [, host = '', time = ''] = /^([0-9]{1,6}) ([0-9]+(?:\.[0-9]+)?|-)$/.exec(line) ?? []
    if (host !== '' && Number(host) < fleet.hosts.length) found.set(Number(host), numberOf(time) ?? NaN)
  }
  return { to: [...found.keys()], milliseconds: [...found.values()] }
}

interface Judged {
  readonly alive: boolean | null
  readonly why: string
  readonly samples?: readonly Sample[]
}

function answerOf(
  fleet: Fleet,
  instance: WatchedInstance,
  parts: ReadonlyMap<string, Part>,
  skipped: ReadonlyMap<string, string>,
): Answer {
  const name = probePart(instance)
  const part = parts.get(name)
  const {
    alive,
    why,
    samples: more = [],
  } = part === undefined || part.status === null
    ? { alive: null, why: skipped.get(name) ?? 'no answer in time' }
    : (unasked(part) ?? judged(fleet, instance, part))
  const metrics = parts.get(metricsPart(instance))
  const samples = metrics === undefined ? null : samplesOf(instance, metrics)
  return {
    jail: instance.jail,
    alive,
    why,
    samples: samples === null && more.length === 0 ? null : [...(samples ?? []), ...more],
  }
}

/** Whoever stands between us and the service, and did not let us ask; null: it was asked. */
function unasked({ lines, status }: Part): Judged | null {
  if (lines.some(line => /^jexec: jail .* not found/.test(line))) return { alive: false, why: 'its jail does not run' }
  if (lines.some(line => line === 'needs root' || line.startsWith('doas: '))) return { alive: null, why: 'needs root' }
  const absent = lines.find(line => /^(?:jexec|timeout): .*: (?:No such file or directory|not found)/.test(line))
  if (absent !== undefined) return { alive: null, why: short(absent) }
  if (status === 127) return { alive: null, why: 'there is no such command' }
  return null
}

const silent: Judged = { alive: false, why: 'no answer' }

function judged({ domain }: Fleet, { probe }: WatchedInstance, { lines, status }: Part): Judged {
  switch (probe.kind) {
    case 'tcp':
      return status === 0 ? { alive: true, why: '' } : silent
    case 'process':
      return status === 0 ? { alive: true, why: '' } : { alive: false, why: `${probe.rc} does not run` }
    case 'redis': {
      const said = lines.find(line => /^[+-][A-Z]/.test(line))
      // An error is an answer too: it wants a password, or is still loading.
      return said === undefined ? silent : { alive: true, why: '' }
    }
    case 'http': {
      const code = codeOf(lines)
      if (code === null) return silent
      if (!probe.expect.includes(code)) return { alive: false, why: `HTTP ${code}` }
      if (probe.body === undefined) return { alive: true, why: '' }
      const body = lines.slice(lines.findIndex(line => line === '') + 1).join('\n')
      return fits(probe.body, body) ? { alive: true, why: '' } : { alive: false, why: 'another answer than expected' }
    }
    case 'dns': {
      const text = lines.join('\n')
      const code = /\brcode: ([A-Z]{1,16})\b/.exec(text)?.[1]
      if (code === undefined) return silent
      if (code !== 'NOERROR') return { alive: false, why: code }
      if (!/\bANSWER: [1-9]/.test(text)) return { alive: false, why: `knows no ${probe.name}` }
      const serial = lines
        .map(line => /^[^;\s]\S*\s+[0-9]+\s+IN\s+SOA\s+\S+\s+\S+\s+([0-9]{1,10})\b/.exec(short(line, 1000))?.[1])
        .find(found => found !== undefined)
      return {
        ...{ alive: true, why: '' },
        ...(serial !== undefined &&
          probe.name === domain && { samples: [{ name: 'meshwright_dns_serial', labels: {}, value: Number(serial) }] }),
      }
    }
  }
}

function codeOf(lines: readonly string[]): number | null {
  const code = lines.map(line => /^HTTP\/[0-9.]+ ([0-9]{3})\b/.exec(line)?.[1]).find(found => found !== undefined)
  return code === undefined ? null : Number(code)
}

function fits(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text)
  } catch {
    return false
  }
}

/** Characters: samples that somebody reads have a handful of labels, and to take endless ones apart takes time. */
const longestSample = 1000

function samplesOf({ health }: WatchedInstance, { lines }: Part): readonly Sample[] | null {
  if (codeOf(lines) !== 200) return null
  const text = lines.filter(line => line.length <= longestSample).join('\n')
  return parseSamples(text, new Set(health?.series))
}

/** How name servers are, by the serials of their zones: from DNS itself, and from bind_exporter (statistics channel of BIND). */
import { byText } from '../../../topology/names.ts'
import type { Finding, Findings, RoleHealth, Sample } from '../kind.ts'
import { countText, labelOf, noMetrics, partOf, type Reading, readingOf, sample, shown, worse } from '../reading.ts'

/** What the probe got of the zone of the mesh: asked on the host, or by the blackbox exporter. */
const probed = ['meshwright_dns_serial', 'probe_dns_serial'] as const
const ofZone = 'bind_zone_serial'

/** Names among the numbers; those of zones have a word before them. */
const [statistics, meshZone, zoneWord] = ['statistics', 'mesh', 'zone ']
/** So many zones are compared. */
const most = 500

export const serverHealth = (role: 'primary' | 'secondary'): RoleHealth => ({
  series: ['bind_up', ofZone, ...probed],

  read(samples): Finding {
    const given = readingOf(samples)
    const up = given.flag('bind_up')
    const asked = probed.map(name => given.value(name)).find(value => value !== null) ?? null
    if (up === null && asked === null) return noMetrics
    const zones = zonesIn(given)
    const details = {
      ...(asked !== null && { serial: countText(asked) }),
      ...(zones.length > 0 && { zones: countText(zones.length) }),
    }
    const numbers = {
      ...(up === true && { [statistics]: 1 }),
      ...(asked !== null && { [meshZone]: asked }),
      ...Object.fromEntries(zones.map(([name, serial]) => [`${zoneWord}${name}`, serial])),
    }
    const well: Finding = { state: 'ok', word: 'answers', details, numbers }
    return up === false ? { ...well, state: 'warn', word: 'no statistics' } : well
  },

  ...(role === 'secondary' && { compare: besidePrimary }),

  imagine: (): readonly Sample[] => [
    sample('bind_up', 1),
    sample('meshwright_dns_serial', 7),
    sample(ofZone, 7, { view: '_default', zone_name: 'mesh.example.net' }),
  ],
})

function zonesIn(given: Reading): readonly (readonly [string, number])[] {
  const zones = new Map<string, number>()
  for (const one of given.all(ofZone)) {
    const name = shown(labelOf(one, 'zone_name'), 255)
    zones.set(name, Math.max(one.value, zones.get(name) ?? 0))
  }
  return [...zones].toSorted(([a], [b]) => byText(a, b)).slice(0, most)
}

const serialsOf = (finding: Finding | null): readonly (readonly [string, number])[] =>
  Object.entries(finding?.numbers ?? {}).filter(([name]) => name !== statistics)

/** What is newest is with the primary; when it is silent, with the secondary that heard it last. */
function besidePrimary(findings: Findings, beside?: ReadonlyMap<string, Findings>): Findings {
  const primaries = (beside?.get('primary') ?? []).flatMap(serialsOf)
  const newest = new Map<string, number>()
  for (const [name, serial] of [...primaries, ...findings.flatMap(serialsOf)]) {
    const known = newest.get(name)
    if (known === undefined || ahead(serial, known) > 0) newest.set(name, serial)
  }
  const zones = primaries.flatMap(([name]) => (name === meshZone ? [] : name))
  return findings.map(finding => (finding === null ? null : copiesOf(finding, { newest, zones })))
}

interface Wanted {
  readonly newest: ReadonlyMap<string, number>
  readonly zones: readonly string[]
}

function copiesOf(finding: Finding, { newest, zones }: Wanted): Finding {
  const own = new Map(serialsOf(finding))
  let [behind, where] = [0, '']
  for (const [name, serial] of own) {
    const by = ahead(newest.get(name) ?? serial, serial)
    if (by > behind) [behind, where] = [by, name === meshZone ? '' : ` in ${shown(name.slice(zoneWord.length))}`]
  }
  const told: Finding =
    behind === 0 ? finding : { ...finding, details: { ...finding.details, behind: `${countText(behind)}${where}` } }
  // Copies that never came, or grew too old to be used.
  const lacking = finding.numbers?.[statistics] === 1 ? zones.filter(name => !own.has(name)).length : 0
  if (lacking > 0) return worse(told, 'warn', `lacks ${partOf(lacking, zones.length)} zones`)
  return behind === 0 ? told : worse(told, 'warn', 'behind its primary')
}

/** How far one serial is ahead of another: numbers of 32 bits that go round (RFC 1982). */
function ahead(serial: number, of: number): number {
  const distance = (serial - of) % 2 ** 32
  const positive = distance < 0 ? distance + 2 ** 32 : distance
  return positive < 2 ** 31 ? positive : positive - 2 ** 32
}

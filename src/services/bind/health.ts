/** How name servers are, by the serials of their zones: from DNS itself, and from bind_exporter (statistics channel of BIND). */
import type { Finding, RoleHealth, Sample } from '../kind.ts'
import { countText, labelOf, noMetrics, readingOf, sample, shown, worse } from '../reading.ts'

/** What the probe got of the zone of the mesh: asked on the host, or by the blackbox exporter. */
const probed = ['meshwright_dns_serial', 'probe_dns_serial'] as const
const ofZone = 'bind_zone_serial'

/** So many zones are compared. */
const most = 500

export const serverHealth = (role: 'primary' | 'secondary'): RoleHealth => ({
  series: ['bind_up', ofZone, ...probed],

  read(samples): Finding {
    const given = readingOf(samples)
    const up = given.flag('bind_up')
    const asked = probed.map(name => given.value(name)).find(value => value !== null) ?? null
    const zones = new Map<string, number>()
    for (const one of given.all(ofZone).slice(0, most)) {
      const name = shown(labelOf(one, 'zone_name'), 255)
      zones.set(name, Math.max(one.value, zones.get(name) ?? 0))
    }
    if (up === null && asked === null) return noMetrics
    const details = {
      ...(asked !== null && { serial: countText(asked) }),
      ...(zones.size > 0 && { zones: countText(zones.size) }),
    }
    const well: Finding = {
      ...{ state: 'ok', word: 'answers', details },
      numbers: {
        ...(asked !== null && { [meshZone]: asked }),
        ...Object.fromEntries([...zones].map(([name, serial]) => [`zone ${name}`, serial])),
      },
    }
    return up === false ? { ...well, state: 'warn', word: 'no statistics' } : well
  },

  ...(role === 'secondary' &&
    ({
      /** What is newest is with the primary; when it is silent, with the secondary that heard it last. */
      compare(findings, beside): readonly (Finding | null)[] {
        const newest = new Map<string, number>()
        for (const finding of [...(beside?.get('primary') ?? []), ...findings])
          for (const [name, serial] of Object.entries(finding?.numbers ?? {})) {
            const known = newest.get(name)
            if (known === undefined || ahead(serial, known) > 0) newest.set(name, serial)
          }
        return findings.map(finding => {
          const late = Object.entries(finding?.numbers ?? {})
            .map(([name, serial]) => ({ name, by: ahead(newest.get(name) ?? serial, serial) }))
            .filter(({ by }) => by > 0)
            .toSorted((a, b) => b.by - a.by)
          const [latest] = late
          if (finding === null || latest === undefined) return finding
          const zone = latest.name === meshZone ? '' : ` in ${shown(latest.name.replace(/^zone /, ''))}`
          const details = { ...finding.details, behind: `${countText(latest.by)}${zone}` }
          return worse({ ...finding, details }, 'warn', 'behind its primary')
        })
      },
    } satisfies Partial<RoleHealth>)),

  imagine: (): readonly Sample[] => [
    sample('bind_up', 1),
    sample('meshwright_dns_serial', 7),
    sample(ofZone, 7, { view: '_default', zone_name: 'mesh.example.net' }),
  ],
})

const meshZone = 'mesh'

/** How far one serial is ahead of another: numbers of 32 bits that go round (RFC 1982). */
function ahead(serial: number, of: number): number {
  const distance = (serial - of) % 2 ** 32
  const positive = distance < 0 ? distance + 2 ** 32 : distance
  return positive < 2 ** 31 ? positive : positive - 2 ** 32
}

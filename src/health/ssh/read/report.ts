/**
 * What came back from a host, as a report. The text is hostile: a line counts only behind the random word of its look, a
 * fact only in the shape that its command gives it, and whatever is cut, wrong or not there is missing, with a reason.
 */
import type { Fleet, WatchedHost } from '../../fleet.ts'
import type { HostReport } from '../../report.ts'
import type { Part } from '../output.ts'
import { answerOf } from './answers.ts'
import { driftOf } from './files.ts'
import { carpOf, interfacesOf } from './interfaces.ts'
import { jailsOf, poolsOf, systemOf } from './machine.ts'
import { pfOf, withoutPf } from './pf.ts'
import { reasonOf } from './reason.ts'
import { peersOf, pingsOf, withoutTunnels } from './tunnels.ts'

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

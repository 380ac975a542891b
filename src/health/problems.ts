/** What is wrong with a host, by what it says of itself. */
import type { WatchedHost } from './fleet.ts'
import type { HostReport, Pool } from './report.ts'
import type { Problem } from './snapshot.ts'
import { spanText } from './verdict.ts'

/** In the order in which people want to know. */
export function problemsOf(host: WatchedHost, report: HostReport): readonly Problem[] {
  return [
    ...(report.pf === null ? [] : pfProblems(report.pf)),
    ...(report.jails === null
      ? []
      : missingJails(host, report.jails).map(jail => bad(`jail ${jail}`, `jail ${jail} does not run`))),
    ...(report.pools ?? []).flatMap(poolProblems),
    ...(report.carp ?? [])
      .filter(({ state }) => state !== 'MASTER' && state !== 'BACKUP')
      .map(({ vhid, interface: on, state }) => warn(`carp ${vhid} ${on}`, `carp vhid ${vhid} on ${on} is ${state}`)),
    ...(report.drift === null ? [] : driftProblems(report.drift)),
    ...(report.peers?.strangers ?? []).map(text => warn(`peer ${text}`, text)),
    ...systemProblems(report),
    ...Object.entries(report.missing).map(([what, why]) => warn(`missing ${what}`, `${what}: ${why}`)),
  ]
}

export const missingJails = (host: WatchedHost, running: readonly string[]): readonly string[] =>
  host.jails.filter(jail => !running.includes(jail))

const warn = (key: string, text: string): Problem => ({ key, level: 'warn', text })
const bad = (key: string, text: string): Problem => ({ key, level: 'bad', text })

function pfProblems({ enabled, defaultDeny }: NonNullable<HostReport['pf']>): readonly Problem[] {
  if (!enabled) return [bad('pf', 'pf is off: nothing is filtered')]
  return defaultDeny === false ? [bad('pf', 'pf does not deny by default')] : []
}

/** zpool-list(8): ONLINE is well, DEGRADED still gives the data; all others do not. */
function poolProblems({ name, size, allocated, health }: Pool): readonly Problem[] {
  const full = size > 0 ? allocated / size : 0
  return [
    ...(health === 'ONLINE' ? [] : [(health === 'DEGRADED' ? warn : bad)(`pool ${name}`, `pool ${name} is ${health}`)]),
    ...(full < fullFrom
      ? []
      : [(full < 0.97 ? warn : bad)(`pool ${name} full`, `pool ${name} is ${Math.floor(full * 100)} % full`)]),
  ]
}
/** From here on ZFS looks for the best fit instead of the first, and slows down. */
const fullFrom = 0.9

const driftProblems = ({ changed, missing }: NonNullable<HostReport['drift']>): readonly Problem[] => {
  const all = changed.length + missing.length
  const [first] = [...changed, ...missing]
  if (first === undefined) return []
  return [warn('drift', all === 1 ? `${first} is not as built` : `${all} files are not as built: ${first} and more`)]
}

/** Beyond this, logs of two hosts no longer fit together, and Sentinel thinks that time jumps (TILT at 2 s). */
const clockOff = 2

/** Milliseconds that a look takes at most that was cut off before all was told. */
const cutOff = 15_000

function systemProblems({ system, at, took, missing }: HostReport): readonly Problem[] {
  if (system === null) return []
  const { clock, cpus, load, memory, release } = system
  // It told its time somewhere between question and answer; where the answer was cut off, that may be long ago.
  const behind = at / 1000 - clock
  const between = (took ?? (Object.keys(missing).length > 0 ? cutOff : 0)) / 1000
  const off = behind > between + clockOff || behind < -clockOff ? Math.abs(behind) : 0
  return [
    ...(off > 0 ? [warn('clock', `its clock is ${spanText(off)} off`)] : []),
    ...(cpus > 0 && load[1] > cpus * 2 ? [warn('load', `load ${load[1].toFixed(1)} on ${cpus} cores`)] : []),
    ...(memory.total > 0 && memory.free / memory.total < 0.03 ? [warn('memory', 'memory is nearly full')] : []),
    ...(release !== null && release.kernel !== release.running
      ? [warn('reboot', `runs ${release.running}, has ${release.kernel}: wants a reboot`)]
      : []),
  ]
}

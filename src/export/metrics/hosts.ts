/** What hosts say of themselves, and what is said of them. */
import type { Fleet, WatchedHost } from '../../health/fleet.ts'
import type { HostReport } from '../../health/report.ts'
import { type HostHealth, levels } from '../../health/snapshot.ts'
import { type FamilyName, families, hostStateValue } from './families.ts'
import { oneOrNone, samples, toldBy, type Value, type Writer, type Writers } from './sample.ts'
import { labelsOf, numberText } from './text.ts'

type Name = Extract<
  FamilyName,
  | `meshwright_${'host' | 'probe' | 'pool' | 'interface' | 'pf'}_${string}`
  | 'meshwright_carp_state'
  | 'meshwright_plan_drift'
  | 'meshwright_drift_files'
  | 'meshwright_jail_running'
  | 'meshwright_jails_foreign'
>
type Planned = 'meshwright_host_info' | 'meshwright_host_location'

export function hostWriters({ hosts }: Fleet): Writers<Exclude<Name, Planned>> {
  /** One sample a host. */
  const each =
    (name: Name, value: (host: HostHealth) => Value): Writer =>
    ({ snapshot }) => [samples(name, snapshot.hosts, host => [host.name], value)]
  const told = (name: Name, value: (report: HostReport) => Value): Writer =>
    each(name, host => {
      const report = toldBy(host)
      return report === null ? null : value(report)
    })
  /** Some a host. Names are its own: two of them may be the same when they are printed. */
  const many =
    (name: Name, all: (report: HostReport, host: WatchedHost) => readonly Item[]): Writer =>
    ({ snapshot }) =>
      snapshot.hosts.map(host => {
        const [report, watched] = [toldBy(host), hosts[host.number]]
        return report === null || watched === undefined ? '' : distinct(name, host.name, all(report, watched))
      })
  return {
    meshwright_host_state: each('meshwright_host_state', ({ state }) => hostStateValue[state]),
    meshwright_host_level: each('meshwright_host_level', ({ level }) => levels.indexOf(level)),
    meshwright_host_problems: ({ snapshot }) =>
      snapshot.hosts.map(({ name, problems }) =>
        samples(
          'meshwright_host_problems',
          ['warn', 'bad'] as const,
          level => [name, level],
          level => problems.filter(problem => problem.level === level).length,
        ),
      ),
    meshwright_probe_success: each('meshwright_probe_success', ({ state }) =>
      state === 'unknown' ? null : Number(state === 'up'),
    ),
    meshwright_probe_duration_seconds: told('meshwright_probe_duration_seconds', ({ took }) => took && took / 1000),
    // How long it has been silent is wanted of a dead one.
    meshwright_probe_timestamp_seconds: each(
      'meshwright_probe_timestamp_seconds',
      ({ report }) => report && report.at / 1000,
    ),
    meshwright_host_boot_timestamp_seconds: told(
      'meshwright_host_boot_timestamp_seconds',
      ({ system }) => system?.booted,
    ),
    meshwright_host_clock_offset_seconds: told('meshwright_host_clock_offset_seconds', clockOffset),
    meshwright_host_cpus: told('meshwright_host_cpus', ({ system }) => system?.cpus),
    meshwright_host_load1: told('meshwright_host_load1', ({ system }) => system?.load[0]),
    meshwright_host_memory_bytes: told('meshwright_host_memory_bytes', ({ system }) => system?.memory.total),
    meshwright_host_memory_free_bytes: told('meshwright_host_memory_free_bytes', ({ system }) => system?.memory.free),
    meshwright_pool_size_bytes: many('meshwright_pool_size_bytes', ({ pools }) =>
      (pools ?? []).map(({ name, size }) => [[name], size]),
    ),
    meshwright_pool_allocated_bytes: many('meshwright_pool_allocated_bytes', ({ pools }) =>
      (pools ?? []).map(({ name, allocated }) => [[name], allocated]),
    ),
    meshwright_pool_online: many('meshwright_pool_online', ({ pools }) =>
      (pools ?? []).map(({ name, health }) => [[name], Number(health === 'ONLINE')]),
    ),
    meshwright_interface_up: many('meshwright_interface_up', ({ interfaces }) =>
      (interfaces ?? []).map(({ name, up }) => [[name], Number(up)]),
    ),
    meshwright_interface_receive_bytes_total: many('meshwright_interface_receive_bytes_total', ({ interfaces }) =>
      (interfaces ?? []).map(({ name, received }) => [[name], received]),
    ),
    meshwright_interface_transmit_bytes_total: many('meshwright_interface_transmit_bytes_total', ({ interfaces }) =>
      (interfaces ?? []).map(({ name, sent }) => [[name], sent]),
    ),
    meshwright_interface_errors_total: many('meshwright_interface_errors_total', ({ interfaces }) =>
      (interfaces ?? []).map(({ name, errors }) => [[name], errors]),
    ),
    meshwright_pf_enabled: told('meshwright_pf_enabled', ({ pf }) => oneOrNone(pf?.enabled)),
    meshwright_pf_default_deny: told('meshwright_pf_default_deny', ({ pf }) => oneOrNone(pf?.defaultDeny)),
    meshwright_pf_states: told('meshwright_pf_states', ({ pf }) => pf?.states),
    meshwright_pf_label_packets_total: many('meshwright_pf_label_packets_total', ({ pf }) =>
      (pf?.labels ?? []).map(({ label, packets }) => [[label], packets]),
    ),
    meshwright_pf_label_bytes_total: many('meshwright_pf_label_bytes_total', ({ pf }) =>
      (pf?.labels ?? []).map(({ label, bytes }) => [[label], bytes]),
    ),
    meshwright_carp_state: many('meshwright_carp_state', ({ carp }) =>
      (carp ?? []).map(one => [[one.interface, String(one.vhid)], carpValue[one.state]]),
    ),
    meshwright_plan_drift: told('meshwright_plan_drift', ({ drift }) =>
      oneOrNone(drift && drift.changed.length + drift.missing.length > 0),
    ),
    meshwright_drift_files: many('meshwright_drift_files', ({ drift }) =>
      drift === null
        ? []
        : [
            [['changed'], drift.changed.length],
            [['missing'], drift.missing.length],
          ],
    ),
    meshwright_jail_running: many('meshwright_jail_running', ({ jails }, host) => {
      const running = new Set(jails)
      return jails === null ? [] : host.jails.map(jail => [[jail], Number(running.has(jail))])
    }),
    meshwright_jails_foreign: each('meshwright_jails_foreign', host =>
      toldBy(host)?.jails == null ? null : host.foreignJails.length,
    ),
  }
}

/** Labels behind `host`, and the value. */
type Item = readonly [readonly string[], Value]

/** Two samples with the same labels would have Prometheus refuse the whole scrape: those of one name are added up. */
function distinct(name: Name, host: string, items: readonly Item[]): string {
  const values = new Map<string, number>()
  const counts = families[name].type === 'counter'
  for (const [labels, value] of items) {
    if (value == null) continue
    const text = labelsOf(families[name].labels, [host, ...labels])
    const before = values.get(text)
    if (before === undefined) values.set(text, value)
    else if (counts) values.set(text, before + value)
  }
  let lines = ''
  for (const [labels, value] of values) {
    const text = numberText(value)
    if (text !== null) lines += `${name}${labels} ${text}\n`
  }
  return lines
}

const carpValue: Readonly<Record<string, number>> = { INIT: 0, BACKUP: 1, MASTER: 2 }

/** It told its time somewhere between question and answer: in the middle. Of one that was cut off nobody knows when. */
function clockOffset({ system, at, took, missing }: HostReport): Value {
  if (system === null || (took === null && Object.keys(missing).length > 0)) return null
  return Math.round((system.clock - (at - (took ?? 0) / 2) / 1000) * 1000) / 1000
}

/** A snapshot as programs read it: `meshwright status --json`. Times in ISO 8601, sizes in bytes, names as in mesh.yaml. */
import type { Event } from './events.ts'
import type { System } from './report.ts'
import type { HostHealth, InstanceHealth, ServiceHealth, Snapshot, TunnelHealth } from './snapshot.ts'

export interface Chosen {
  readonly hosts: readonly HostHealth[]
  readonly tunnels: readonly TunnelHealth[]
  readonly services: readonly ServiceHealth[]
}

export const time = (at: number): string => new Date(at).toISOString()

export const snapshotJson = ({ fleet, source, at, totals, events }: Snapshot, chosen: Chosen) => ({
  ...{ version: 1, mesh: fleet.mesh, at: time(at), source: source.kind, 'made-up': source.madeUp === true },
  ...{ level: totals.level, totals },
  hosts: chosen.hosts.map(host => hostJson(host, fleet.hosts[host.number]?.region ?? '')),
  tunnels: chosen.tunnels.map(tunnelJson),
  services: chosen.services.map(serviceJson),
  events: events.map(eventJson),
})

export const eventJson = ({ at, subject, level, before, after, why, flapping }: Event) => ({
  ...{ at: time(at), kind: subject.kind, name: subject.name },
  ...(subject.what !== undefined && { what: subject.what }),
  ...{ level, before, after, why, flapping },
})

const hostJson = (host: HostHealth, region: string) => {
  const { report } = host
  return {
    ...{ name: host.name, region, state: host.state, level: host.level, since: time(host.since), why: host.why },
    problems: host.problems.map(({ key, level, text }) => ({ key, level, text })),
    told: report === null ? null : time(report.at),
    system: report?.system == null ? null : systemJson(report.system),
    pools:
      report?.pools?.map(({ name, size, allocated, health }) => ({
        ...{ name, health, 'size-bytes': size, 'allocated-bytes': allocated },
      })) ?? null,
    jails:
      host.missingJails === null
        ? null
        : { running: report?.jails ?? [], missing: host.missingJails, foreign: host.foreignJails },
    pf:
      report?.pf == null
        ? null
        : { enabled: report.pf.enabled, 'default-deny': report.pf.defaultDeny, states: report.pf.states },
    carp: report?.carp ?? null,
    drift: report?.drift ?? null,
    tunnels: host.tunnels,
  }
}

const systemJson = ({ clock, booted, cpus, load, memory, release }: System) => ({
  ...{ clock: time(clock * 1000), booted: time(booted * 1000), cpus, load, release },
  ...{ 'memory-bytes': memory.total, 'memory-free-bytes': memory.free },
})

const tunnelJson = (tunnel: TunnelHealth) => ({
  ...{ from: tunnel.from, to: tunnel.to, state: tunnel.state, level: tunnel.level, why: tunnel.why },
  since: time(tunnel.since),
  'handshake-age-seconds': rounded(tunnel.handshakeAge, 1),
  'received-bytes-per-second': rounded(tunnel.received, 1),
  'sent-bytes-per-second': rounded(tunnel.sent, 1),
  'round-trip-milliseconds': rounded(tunnel.roundTrip, 1000),
  loss: rounded(tunnel.loss, 1000),
})

const rounded = (value: number | null, parts: number): number | null =>
  value === null ? null : Math.round(value * parts) / parts

const serviceJson = (one: ServiceHealth) => ({
  ...{ name: one.service.name, kind: one.service.kind, level: one.level, word: one.word, since: time(one.since) },
  ...{ quorum: one.quorum, leader: one.leader, wanted: one.wanted, placed: one.placed, running: one.running },
  roles: one.roles.map(({ role, level, quorum, leaders, wanted, placed, running, instances }) => ({
    ...{ name: role.name, level, quorum, leaders, wanted, placed, running },
    instances: instances.map(instanceJson),
  })),
})

const instanceJson = ({ instance, host, state, word, leads, details, since }: InstanceHealth) => ({
  ...{ jail: instance.jail, host, level: state, word, leads, details, since: time(since) },
})

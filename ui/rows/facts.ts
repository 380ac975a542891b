/** A subject as plain values under the words of mesh.yaml, for YAML. Nothing secret is known here. */
import type { WatchedInstance } from '../../src/health/fleet.ts'
import { type InstanceHealth, type Snapshot, tunnelAt } from '../../src/health/snapshot.ts'
import { eventId } from './events.ts'
import { hostNumbers } from './tunnels.ts'
import { isoOf } from './words.ts'
import { tunnelBetween } from '../../src/health/fleet.ts'

type Facts = Readonly<Record<string, unknown>>

/** `host tesla`, `tunnel tesla>bohr`, `service db`, `instance db-postgres@tesla`, `drift tesla`, `event ID`; null: it is not there. */
export function factsOf(snapshot: Snapshot, subject: string): Facts | null {
  const blank = subject.indexOf(' ')
  const [kind, name] = [subject.slice(0, blank), subject.slice(blank + 1)]
  switch (kind) {
    case 'host':
      return hostFacts(snapshot, name)
    case 'drift':
      return driftFacts(snapshot, name)
    case 'tunnel':
      return tunnelFacts(snapshot, name)
    case 'service':
      return serviceFacts(snapshot, name)
    case 'instance': {
      const all = snapshot.services.flatMap(({ roles }) => roles.flatMap(({ instances }) => instances))
      const found = all.find(({ instance, host }) => `${instance.jail}@${host}` === name)
      return found === undefined ? null : instanceFacts(found)
    }
    case 'event': {
      const event = snapshot.events.find(one => eventId(one) === name)
      return event === undefined ? null : { ...event, at: isoOf(event.at) }
    }
    default:
      return null
  }
}

const time = (at: number): string | null => (Number.isFinite(at) && at > 0 ? isoOf(at) : null)
const ofHost = ({ fleet, hosts }: Snapshot, name: string) => {
  const number = hostNumbers(fleet).get(name) ?? -1
  return { watched: fleet.hosts[number], health: hosts[number] }
}

function hostFacts(snapshot: Snapshot, name: string): Facts | null {
  const { watched, health } = ofHost(snapshot, name)
  if (watched === undefined || health === undefined) return null
  const { report } = health
  const { start } = snapshot.fleet.tunnels
  const [first, next] = [start[health.number] ?? 0, start[health.number + 1] ?? 0]
  const tunnels = Array.from({ length: next - first }, (_, i) => tunnelAt(snapshot, first + i))
  return {
    host: name,
    region: watched.region,
    provider: watched.provider,
    class: watched.class,
    address: watched.address,
    'public-key': watched.publicKey,
    state: health.state,
    since: time(health.since),
    ...(health.why === '' ? {} : { why: health.why }),
    problems: health.problems.map(({ level, text }) => ({ level, text })),
    said: report === null ? null : time(report.at),
    'took-milliseconds': report?.took ?? null,
    system:
      report?.system == null
        ? null
        : { ...report.system, clock: time(report.system.clock * 1000), booted: time(report.system.booted * 1000) },
    pools: report?.pools ?? null,
    jails: {
      wanted: watched.jails,
      running: report?.jails ?? null,
      missing: health.missingJails,
      foreign: health.foreignJails,
    },
    interfaces: report?.interfaces ?? null,
    carp: report?.carp ?? null,
    pf: report?.pf ?? null,
    drift: report?.drift ?? null,
    'strange-peers': report?.peers?.strangers ?? null,
    'not-told': report?.missing ?? null,
    instances: watched.instances.map(of => placeFacts(of)),
    tunnels: Object.fromEntries(tunnels.map(({ to, state, why }) => [to, `${state}: ${why}`])),
  }
}

const placeFacts = ({ service, role, jail, address, probe, root }: WatchedInstance): Facts => ({
  ...{ service, role, jail, address, probe, root },
})

function driftFacts(snapshot: Snapshot, name: string): Facts | null {
  const { watched, health } = ofHost(snapshot, name)
  if (watched === undefined || health === undefined) return null
  const drift = health.report?.drift ?? null
  return {
    host: name,
    said: health.report === null ? null : time(health.report.at),
    built: watched.files?.length ?? null,
    checked: drift?.checked ?? null,
    changed: drift?.changed ?? null,
    missing: drift?.missing ?? null,
  }
}

function tunnelFacts(snapshot: Snapshot, name: string): Facts | null {
  const [from = '', to = ''] = name.split('>')
  const numbers = hostNumbers(snapshot.fleet)
  const [a, b] = [numbers.get(from), numbers.get(to)]
  if (a === undefined || b === undefined) return null
  const { tunnels } = snapshot.fleet
  const number = tunnelBetween(tunnels, a, b)
  if (number < 0) return null
  const back = tunnels.back[number] ?? -1
  return {
    ...directionFacts(snapshot, number),
    keepalive: tunnels.keepalive[number] ?? 0,
    back: back < 0 ? null : directionFacts(snapshot, back),
  }
}

function directionFacts(snapshot: Snapshot, number: number): Facts {
  const one = tunnelAt(snapshot, number)
  return {
    ...{ from: one.from, to: one.to, state: one.state, why: one.why },
    since: time(one.since),
    'handshake-age-seconds': one.handshakeAge,
    'round-trip-milliseconds': one.roundTrip,
    loss: one.loss,
    'received-bytes-per-second': one.received,
    'sent-bytes-per-second': one.sent,
  }
}

function serviceFacts(snapshot: Snapshot, name: string): Facts | null {
  const found = snapshot.services.find(({ service }) => service.name === name)
  if (found === undefined) return null
  const { service, level, word, since, quorum, leader, wanted, placed, running, roles } = found
  return {
    ...{ service: service.name, kind: service.kind, version: service.version, level, word },
    since: time(since),
    ...{ quorum, leader, wanted, placed, running },
    roles: roles.map(role => ({
      ...{ role: role.role.name, level: role.level, quorum: role.quorum, leaders: role.leaders },
      ...{ wanted: role.wanted, placed: role.placed, running: role.running, resilience: role.role.resilience },
      instances: role.instances.map(instanceFacts),
    })),
  }
}

function instanceFacts({ instance, host, state, word, leads, details, jailRuns, since }: InstanceHealth): Facts {
  return { host, state, word, since: time(since), leads, details, 'jail-runs': jailRuns, ...placeFacts(instance) }
}

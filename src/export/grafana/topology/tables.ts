/** What there is, in lists: hosts, tunnels, members of services, flows. */
import { type Level, levels, type Snapshot } from '../../../health/snapshot.ts'
import type { Graph, GraphParty } from '../../graph.ts'
import { hostLinkAlone } from '../dashboard.ts'
import { levelOfBoth, stateOfBoth, waysOf } from '../node-graph.ts'
import { frame, type FrameField, type Row, words } from '../panels/frame.ts'
import { builtIn, type Drawn, meaning, overrideOf, type Sketch } from '../panels/panel.ts'
import { colored, table } from '../panels/table.ts'
import { text } from '../panels/text.ts'
import { levelMeanings } from '../states.ts'

export function tables(graph: Graph, snapshot: Snapshot | null): readonly (readonly Drawn[])[] {
  const { mesh, hosts, jails, tunnels, services, flows } = graph
  const seen = snapshot === null ? null : seenOf(snapshot)
  const state = seen === null ? [] : stateFields
  const list = (sketch: Sketch, fields: readonly FrameField[], rows: readonly Row[], link?: string): Drawn =>
    rows.length === 0
      ? text(sketch, 'None.')
      : table(sketch, {
          datasource: builtIn,
          targets: [frame('A', fields, rows)],
          overrides: [
            ...(link === undefined ? [] : [overrideOf(link, { links: [hostLinkAlone(mesh, '${__value.text}')] })]),
            ...(fields.includes(level) ? [overrideOf('level', { ...meaning(levelMeanings), ...colored })] : []),
          ],
        })
  return [
    [
      list(
        { id: 3, title: 'Hosts', width: 24, height: 9 },
        [
          ...words('host'),
          ...state,
          ...words('region', 'provider', 'class', 'arch'),
          { name: 'cores', type: 'number' },
          { name: 'memory', type: 'number', config: { unit: 'bytes' } },
          ...words('address', 'IPv6 address', 'endpoint', 'role in the mesh', 'jails'),
        ],
        hosts.map(host => ({
          ...{
            host: host.name,
            ...seen?.host(host.name),
            region: host.region,
            provider: host.provider,
            class: host.class,
            arch: host.arch,
          },
          ...{ cores: host.cpus, memory: host.memory, address: host.address.inet, 'IPv6 address': host.address.inet6 },
          endpoint: host.endpoint.inet ?? host.endpoint.inet6,
          'role in the mesh': [...(host.gateway ? ['gateway'] : []), ...(host.nat ? ['behind NAT'] : [])].join(', '),
          jails: jails.flatMap(jail => (jail.host === host.name ? jail.name : [])).join(' '),
        })),
        'host',
      ),
    ],
    [
      list(
        { id: 4, title: 'Tunnels', width: 12, height: 10 },
        [
          ...words('a', 'b'),
          ...state,
          ...(seen === null ? [] : [{ name: 'measured', type: 'number', config: { unit: 'ms' } } as const]),
          { name: 'round trip', type: 'number', config: { unit: 'ms' } },
          { name: 'estimated', type: 'boolean' },
          { name: 'keepalive', type: 'number', config: { unit: 's' } },
        ],
        tunnels.map(({ a, b, keepalive, roundTrip }) => ({
          ...{
            a,
            b,
            ...seen?.tunnel(a, b),
            keepalive,
            'round trip': roundTrip.milliseconds,
            estimated: roundTrip.estimated,
          },
        })),
      ),
      list(
        { id: 5, title: 'Services', width: 12, height: 10 },
        [...words('service', 'kind', 'version', 'role', 'host', 'jail'), ...state, ...words('survives by', 'needs')],
        services.flatMap(service =>
          service.roles.flatMap(role =>
            role.instances.map(id => {
              const jail = jails.find(one => one.id === id)
              return {
                ...{ service: service.name, kind: service.kind, version: service.version, role: role.name },
                ...{ host: jail?.host ?? null, jail: jail?.name ?? null, ...seen?.member(id) },
                ...{ 'survives by': role.resilience.kind, needs: role.needs.join(' ') },
              }
            }),
          ),
        ),
        'host',
      ),
    ],
    [
      list(
        { id: 6, title: 'Flows', description: 'Who may reach whom. All else is blocked.', width: 24, height: 12 },
        words('from', 'to', 'ports', 'why', 'from whom', 'to whom'),
        flows.map(({ from, to, ports, why }) => ({
          ...{ from: from.word, to: to.word, ports: ports.join(' '), why },
          ...{ 'from whom': partiesOf(from), 'to whom': partiesOf(to) },
        })),
      ),
    ],
  ]
}

const partiesOf = ({ external, hosts, jails }: GraphParty): string =>
  external ? 'outside the mesh' : [...hosts, ...jails].join(' ')

const level: FrameField = { name: 'level', type: 'number' }
const stateFields: readonly FrameField[] = [level, ...words('state')]

/** Cells that a snapshot adds to a line. */
function seenOf(snapshot: Snapshot) {
  const hosts = new Map(snapshot.hosts.map(host => [host.name, host]))
  const members = new Map(
    snapshot.services
      .flatMap(({ roles }) => roles.flatMap(({ instances }) => instances))
      .map(one => [`${one.instance.jail}@${one.host}`, one]),
  )
  const between = waysOf(snapshot)
  const rank = (of: Level): number => levels.indexOf(of)
  return {
    host: (name: string): Row => {
      const is = hosts.get(name)
      return { level: rank(is?.level ?? 'unknown'), state: is?.state ?? 'unknown' }
    },
    tunnel: (a: string, b: string): Row => {
      const [there, back] = between(a, b)
      const measured = Math.max(there?.roundTrip ?? -1, back?.roundTrip ?? -1)
      return {
        ...{ level: rank(levelOfBoth(there, back)), measured: measured < 0 ? null : Math.round(measured * 10) / 10 },
        state: stateOfBoth(there, back),
      }
    },
    member: (id: string): Row => {
      const is = members.get(id)
      return { level: rank(is?.state ?? 'unknown'), state: is?.word ?? 'unknown' }
    },
  }
}

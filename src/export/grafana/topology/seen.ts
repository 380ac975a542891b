/** What only a snapshot knows: when it was and who saw it, how much was up, and all that was not well. */
import { time } from '../../../health/json.ts'
import { type HostHealth, type Level, levels, type ServiceHealth, type Snapshot } from '../../../health/snapshot.ts'
import type { Graph } from '../../graph.ts'
import { hostLinkAlone } from '../dashboard.ts'
import { levelOfBoth, stateOfBoth, waysOf } from '../node-graph.ts'
import { frame, numbers, words } from '../panels/frame.ts'
import { builtIn, type Drawn, meaning, overrideOf } from '../panels/panel.ts'
import { stat } from '../panels/stat.ts'
import { colored, table } from '../panels/table.ts'
import { text } from '../panels/text.ts'
import { levelMeanings } from '../states.ts'

/** Its time is in UTC for everybody who looks. */
export function summary({ at, source, totals: { level, hosts, tunnels, services } }: Snapshot): readonly Drawn[] {
  const of = (up: number, total: number): string => (total === 0 ? 'none' : `${up} of ${total}`)
  const values = {
    seen: time(at),
    source: source.madeUp === true ? `${source.title}, made up` : source.title,
    worst: levels.indexOf(level),
    'hosts up': of(hosts.up, hosts.total),
    'tunnel directions up': of(tunnels.up + tunnels.lossy, tunnels.total),
    'services at work': of(services.ok, services.total),
  }
  return [
    stat(
      { id: 7, title: 'As it was', width: 24, height: 4 },
      [
        frame(
          'A',
          [
            ...words('seen', 'source'),
            ...numbers('worst'),
            ...words('hosts up', 'tunnel directions up', 'services at work'),
          ],
          [values],
        ),
      ],
      { color: { mode: 'fixed', fixedColor: 'text' } },
      {
        ...{ datasource: builtIn, fields: '/.*/', textMode: 'value_and_name', colorMode: 'value' },
        overrides: [overrideOf('worst', meaning(levelMeanings))],
      },
    ),
  ]
}

interface Ill {
  readonly level: Level
  readonly host?: string
  readonly peer?: string
  readonly service?: string
  readonly state: string
  readonly why: string
}

/** By name, the worst first. */
export function notWell(graph: Graph, snapshot: Snapshot): Drawn {
  const sketch = {
    ...{ id: 8, title: 'Not well', width: 24, height: 10 },
    description: 'Hosts, services and tunnels, the worst first.',
  }
  const rank = ({ level }: Ill): number => levels.indexOf(level)
  const ill = [
    ...snapshot.hosts.filter(({ level }) => level !== 'ok').map(hostIll),
    ...snapshot.services.filter(({ level }) => level !== 'ok').map(serviceIll),
    ...tunnelsIll(graph, snapshot),
  ].toSorted((a, b) => rank(b) - rank(a))
  if (ill.length === 0) return text(sketch, 'Nothing: all is well.')
  return table(sketch, {
    datasource: builtIn,
    targets: [
      frame(
        'A',
        [...numbers('level'), ...words('host', 'peer', 'service', 'state', 'why')],
        ill.map(one => ({ ...one, level: rank(one) })),
      ),
    ],
    overrides: [
      overrideOf('level', { ...meaning(levelMeanings), ...colored, 'custom.width': 80 }),
      ...['host', 'peer'].map(field =>
        overrideOf(field, { links: [hostLinkAlone(graph.mesh, '${__value.text}')], 'custom.width': 140 }),
      ),
      ...['service', 'state'].map(field => overrideOf(field, { 'custom.width': 140 })),
    ],
  })
}

const joined = (parts: readonly string[]): string => parts.filter(part => part !== '').join('; ')

const hostIll = ({ name, level, state, why, problems }: HostHealth): Ill => ({
  ...{ level, host: name, state },
  why: joined([why, ...problems.map(problem => problem.text)]),
})

const serviceIll = ({ service, level, word, roles }: ServiceHealth): Ill => ({
  ...{ level, service: service.name, state: word },
  why: joined(
    roles.flatMap(({ role, instances }) =>
      instances.filter(one => one.state !== 'ok').map(one => `${role.name} on ${one.host}: ${one.word}`),
    ),
  ),
})

/** Each pair once. What one end does not know, the other may. */
function* tunnelsIll({ tunnels }: Graph, snapshot: Snapshot): Generator<Ill> {
  const between = waysOf(snapshot)
  for (const { a, b } of tunnels) {
    const [there, back] = between(a, b)
    const level = levelOfBoth(there, back)
    if (level === 'ok') continue
    const why =
      there?.state === back?.state && there?.why === back?.why
        ? (there?.why ?? '')
        : joined([there, back].flatMap(way => (way === null ? [] : `${way.from}: ${way.why}`)))
    yield { level, host: a, peer: b, state: stateOfBoth(there, back), why }
  }
}

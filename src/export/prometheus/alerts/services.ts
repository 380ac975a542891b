/** Services, their roles and members, as `meshwright serve` sees them. */
import { type Alert, type Facts, fires, type Quorum, silent } from '../alert.ts'

const look = 'Look: `meshwright ui`, then `:service {{ $labels.service }}`.'

export const serviceAlerts = ({ services, quorums }: Facts): readonly Alert[] =>
  services ? [...always, ...(quorums.length === 0 ? [] : [quorumDegraded(quorums), quorumLost])] : []

const member = 'service="db",role="etcd",host="tesla",region="west",jail="db-etcd",instance="db-etcd@tesla"'
const memberLabels = {
  ...{ service: 'db', role: 'etcd', host: 'tesla', region: 'west', jail: 'db-etcd', instance: 'db-etcd@tesla' },
}

const always: readonly Alert[] = [
  {
    ...{ alert: 'ServiceDown', severity: 'critical', minutes: 2 },
    expr: 'max by (service) (meshwright_service_level) == 3',
    summary: '{{ $labels.service }} is down',
    description: `One of its roles does no work any more. ${look}`,
    cases: [
      fires({ 'meshwright_service_level{service="db"}': '0 3x9' }, { service: 'db' }, { from: 1 }),
      silent({ 'meshwright_service_level{service="db"}': '3 3 0 3 3 2x90' }),
    ],
  },
  {
    ...{ alert: 'MemberDown', severity: 'warning', minutes: 3 },
    expr: 'max by (service, role, host, region, jail, instance) (meshwright_instance_level) == 3',
    summary: '{{ $labels.instance }} does not do its work',
    description: `The other members go on without it, if there are any. ${look}`,
    cases: [
      fires({ [`meshwright_instance_level{${member}}`]: '3x9' }, memberLabels),
      // Two look, and one of them cannot see it.
      fires(
        {
          [`meshwright_instance_level{${member},serve="a"}`]: '3x9',
          [`meshwright_instance_level{${member},serve="b"}`]: '1x9',
        },
        memberLabels,
      ),
      silent({ [`meshwright_instance_level{${member}}`]: '3 3 3 2x90' }),
    ],
  },
  {
    ...{ alert: 'NoLeader', severity: 'critical', minutes: 1 },
    expr: 'max by (service, role) (meshwright_role_leaders) == 0',
    summary: 'Nobody leads {{ $labels.service }}/{{ $labels.role }}',
    description: `Nothing can be written until one of its members is elected. ${look}`,
    cases: [
      fires(
        { 'meshwright_role_leaders{service="db",role="postgres"}': '1 0x9' },
        { service: 'db', role: 'postgres' },
        { from: 1 },
      ),
      // An election.
      silent({ 'meshwright_role_leaders{service="db",role="postgres"}': '1 0 1x90' }),
    ],
  },
  {
    ...{ alert: 'LeaderFlaps', severity: 'critical', minutes: 0 },
    // Each time it is back before NoLeader is told, and meanwhile what depends on it is inhibited.
    expr: 'changes((max by (service, role) (meshwright_role_leaders) == bool 0)[30m:15s]) > 4',
    summary: '{{ $labels.service }}/{{ $labels.role }} loses its leader again and again',
    description: `At least three times in 30 min nobody led, and nothing could be written. ${look}`,
    cases: [
      fires(
        { 'meshwright_role_leaders{service="db",role="postgres"}': '1 0 1 0 1 0 1x90' },
        { service: 'db', role: 'postgres' },
        { from: 5 },
      ),
      silent({ 'meshwright_role_leaders{service="db",role="postgres"}': '1 0 1 0 1x90' }),
    ],
  },
  {
    ...{ alert: 'SeveralLeaders', severity: 'critical', minutes: 1 },
    expr: 'max by (service, role) (meshwright_role_leaders) > 1',
    summary: '{{ $value }} members lead {{ $labels.service }}/{{ $labels.role }}',
    description: `Both may take writes, and one of them will lose its own. ${look}`,
    cases: [
      fires(
        { 'meshwright_role_leaders{service="db",role="postgres"}': '2x9' },
        { service: 'db', role: 'postgres' },
        { value: '2' },
      ),
      silent({ 'meshwright_role_leaders{service="db",role="postgres"}': '1 2 1x90' }),
    ],
  },
]

const quorumLost: Alert = {
  ...{ alert: 'QuorumLost', severity: 'critical', minutes: 1 },
  expr: 'max by (service, role) (meshwright_role_quorum) == 0',
  summary: '{{ $labels.service }}/{{ $labels.role }} has lost its quorum',
  description: `Too few members are left to decide or to write. ${look}`,
  cases: [
    fires(
      { 'meshwright_role_quorum{service="db",role="etcd"}': '1 0x9' },
      { service: 'db', role: 'etcd' },
      { from: 1 },
    ),
    silent({ 'meshwright_role_quorum{service="db",role="etcd"}': '1 0 1x90' }),
  ],
}

/** How many members a quorum needs follows from the plan alone. */
function quorumDegraded(quorums: readonly Quorum[]): Alert {
  const replicas = ({ service, role }: Pick<Quorum, 'service' | 'role'>) =>
    `meshwright_role_replicas{service="${service}",role="${role}"}`
  const [one] = quorums
  if (one === undefined) throw new Error('no quorum: this is a bug in meshwright')
  const { service, role, members, needed } = one
  const quorum = `meshwright_role_quorum{service="${service}",role="${role}"}`
  return {
    ...{ alert: 'QuorumDegraded', severity: 'warning', minutes: 2 },
    expr: `(${quorums
      .map(of => `max by (service, role) (${replicas(of)}) == ${of.needed}`)
      .join(' or ')}) and on (service, role) max by (service, role) (meshwright_role_quorum) == 1`,
    summary: '{{ $labels.service }}/{{ $labels.role }} has {{ $value }} members left: with one more its quorum is gone',
    description: `It still works. ${look}`,
    cases: [
      fires(
        { [quorum]: '1x9', [replicas(one)]: `${members} ${needed}x9` },
        { service, role },
        { from: 1, value: `${needed}` },
      ),
      silent({ [quorum]: '1x90', [replicas(one)]: `${needed + 1}x90` }),
      // Lost is told by another.
      silent({ [quorum]: '0x90', [replicas(one)]: `${needed}x90` }),
    ],
  }
}

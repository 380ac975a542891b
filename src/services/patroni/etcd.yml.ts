/** usr/local/etc/etcd.yml: one member of the quorum that Patroni keeps its leader lock in (etcd 3.5 configuration file). */
import { stringify } from 'yaml'
import { madeBy } from '../../render/file.ts'
import type { Deployed, Instance, JailFile } from '../kind.ts'
import { longestTrip, timingOf } from './timing.ts'

const peerUrl = ({ jail }: Instance): string => `http://${jail.address.inet.text}:2380`
const clientUrl = ({ jail }: Instance): string => `http://${jail.address.inet.text}:2379`

/** Keys of the file that etcd 3.4 and 3.5 know and that are used here: etcd itself ignores what it does not know. */
export const etcdKeys = [
  'name',
  'data-dir',
  'listen-client-urls',
  'advertise-client-urls',
  'listen-peer-urls',
  'initial-advertise-peer-urls',
  'initial-cluster',
  'initial-cluster-token',
  'initial-cluster-state',
  'heartbeat-interval',
  'election-timeout',
  'enable-grpc-gateway',
  'auto-compaction-mode',
  'auto-compaction-retention',
  'quota-backend-bytes',
] as const

export function renderEtcd(instance: Instance, service: Deployed): JailFile {
  const members = service.instances('etcd')
  const founders = members.filter(member => member.founder)
  // Read on the first start alone: founders name each other, whoever joins names all.
  const known = instance.founder ? founders : members
  const { heartbeat, election } = timingOf(longestTrip(service, members))
  const file: Record<(typeof etcdKeys)[number], string | number | boolean> = {
    name: instance.host.name,
    'data-dir': '/var/db/etcd',
    'listen-client-urls': `${clientUrl(instance)},http://127.0.0.1:2379`,
    'advertise-client-urls': clientUrl(instance),
    'listen-peer-urls': peerUrl(instance),
    'initial-advertise-peer-urls': peerUrl(instance),
    'initial-cluster': known.map(member => `${member.host.name}=${peerUrl(member)}`).join(','),
    'initial-cluster-token': `${service.mesh.name}-${service.name}`,
    'initial-cluster-state': instance.founder ? 'new' : 'existing',
    'heartbeat-interval': heartbeat,
    'election-timeout': election,
    // Without it 3.4 serves Patroni's etcd3 nothing when it reads a file.
    'enable-grpc-gateway': true,
    'auto-compaction-mode': 'periodic',
    'auto-compaction-retention': '1h',
    'quota-backend-bytes': 2 ** 31,
  }
  return {
    path: 'usr/local/etc/etcd.yml',
    text: `# ${madeBy}\n${stringify(file, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 })}`,
    mode: 0o644,
    secret: false,
    reload: { rc: 'etcd', how: 'restart' },
  }
}

/** Adds members that came later to the cluster, one after the other; a member that is there already is left alone. */
export function joinScript(service: Deployed): string | null {
  const members = service.instances('etcd')
  const joining = members.filter(member => !member.founder)
  if (joining.length === 0) return null
  const steps = joining.map(
    member => `
if etcdctl --endpoints=http://127.0.0.1:2379 member list | grep -q ', ${peerUrl(member)},'; then
  echo '${member.host.name} is a member'
else
  etcdctl --endpoints=http://127.0.0.1:2379 --command-timeout=20s member add ${member.host.name} --peer-urls=${peerUrl(member)}
fi
`,
  )
  return `#!/bin/sh\n# ${madeBy}\n# Run before the new members start.\nset -eu\nexport ETCDCTL_API=3\n${steps.join('')}`
}

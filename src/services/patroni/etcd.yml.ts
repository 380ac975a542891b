/** usr/local/etc/etcd.yml: one member of the quorum that Patroni keeps its leader lock in (etcd 3.5 configuration file). */
import { madeBy } from '../../render/file.ts'
import { yamlText } from '../../render/yaml.ts'
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
  // Read on the first start alone: founders name each other; whoever joins names those who are there when its turn comes.
  const joining = members.filter(member => !member.founder)
  const known = instance.founder ? founders : [...founders, ...joining.slice(0, joining.indexOf(instance) + 1)]
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
    text: yamlText(file),
    mode: 0o644,
    secret: false,
    // Two members that restart at once may be the majority: one after the other is for people.
    reload: null,
  }
}

/**
 * Brings the membership to what is wanted, one change at a time, on a member that has been there from the beginning: who
 * has left goes first, then each newcomer is added and waited for (etcd, runtime reconfiguration).
 */
export function joinScript(service: Deployed): string | null {
  const members = service.instances('etcd')
  const joining = members.filter(member => !member.founder)
  if (joining.length === 0) return null
  const wanted = members.map(peerUrl).join(' ')
  const adds = joining.map(member => `join ${member.host.name} ${peerUrl(member)}\n`).join('')
  return `#!/bin/sh
# ${madeBy}
# Needs a majority of the members; the jails of the new ones may be up already.
set -eu
export ETCDCTL_API=3
etcdctl() {
	/usr/local/bin/etcdctl --endpoints=http://127.0.0.1:2379 --command-timeout=20s "$@"
}
# ID NAME PEER-URL CLIENT-URLS of each, with - for what is not there; a member that has not started has no name.
members() {
	etcdctl member list | awk -F ', ' '{ print $1, $3 == "" ? "-" : $3, $4, $5 == "" ? "-" : $5 }'
}

members | while read -r id name peer client; do
	case " ${wanted} " in
	*" $peer "*) ;;
	*)
		echo "etcd: $name ($peer) has left"
		etcdctl member remove "$id" >/dev/null </dev/null
		;;
	esac
done

join() { # NAME PEER-URL
	tries=0
	# A majority that has just formed is believed after some seconds only.
	until members | grep -q " $2 " || etcdctl member add "$1" --peer-urls="$2" >/dev/null 2>&1; do
		tries=$((tries + 1))
		if [ "$tries" -ge 10 ]; then
			echo "etcd: $1 cannot be added: is the majority up?" >&2
			exit 1
		fi
		sleep 2
	done
	tries=0
	until members | grep -q " $1 $2 http"; do
		tries=$((tries + 1))
		if [ "$tries" -ge 60 ]; then
			echo "etcd: $1 does not come: is its jail up?" >&2
			exit 1
		fi
		sleep 2
	done
	echo "etcd: $1 is a member"
}
${adds}`
}

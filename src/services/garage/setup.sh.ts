/**
 * First start: who stores what (the layout), and the keys and buckets of clients. Asked of the admin API of one node; what
 * is as it should be is left alone (garage, administration API v1 and v2).
 */
import { madeBy } from '../../render/file.ts'
import { clientNames } from '../client-names.ts'
import type { Deployed, FirstStart, Instance, JailFile } from '../kind.ts'
import { accessOf } from './clients.ts'
import type { GarageOptions } from './garage.ts'
import { adminPort, nodesOf, secretsDirectory } from './garage.toml.ts'
import { nodeOf } from './node.ts'

const layoutFile = 'usr/local/etc/garage/layout.json'
const clientsFile = 'usr/local/etc/garage/clients.json'

/** The one that runs the steps: two that change the layout at once would make two different ones. */
const leaderOf = (service: Deployed): Instance | undefined => {
  const all = service.instances('storage')
  return all.find(one => one.founder) ?? all[0]
}

export function firstStart(service: Deployed<GarageOptions>): readonly FirstStart[] {
  const on = leaderOf(service)
  if (on === undefined) return []
  const head = prelude(on)
  return [
    { step: 'layout', on, text: `${head}${layoutStep(service.version)}`, secret: false },
    ...(service.clients.length === 0
      ? []
      : [{ step: 'clients', on, text: `${head}${clientsStep(service.version)}`, secret: false }]),
  ]
}

/** What the steps read, on the node that runs them. */
export function renderWanted(instance: Instance, service: Deployed<GarageOptions>): readonly JailFile[] {
  if (leaderOf(service)?.jail !== instance.jail) return []
  const roles = nodesOf(service)
    .map(one => ({
      id: nodeOf(one, service).id,
      zone: one.host.region,
      // Null: a gateway, which stores nothing.
      capacity: one.role === 'storage' ? capacityOf(one, service.options) : null,
      tags: [one.host.name],
    }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const clients = clientNames(service).map(name => ({ name, ...accessOf(name, service) }))
  const revealed = clients.map(({ name, keyId, secretKey, bucket }) => ({
    ...{ name, bucket },
    accessKeyId: keyId,
    secretAccessKey: secretKey.reveal(),
  }))
  return [
    { path: layoutFile, text: `${JSON.stringify(roles, null, 2)}\n`, mode: 0o644, secret: false, reload: null },
    { path: clientsFile, text: `${JSON.stringify(revealed, null, 2)}\n`, mode: 0o600, secret: true, reload: null },
  ]
}

/** Bytes. A tenth of the disk is for metadata and its snapshots. */
const capacityOf = ({ jail }: Instance, options: GarageOptions): number =>
  options.capacity ?? Math.floor((jail.spec.disk ?? 0) * 0.9)

const prelude = ({ jail }: Instance): string => `#!/bin/sh
# ${madeBy}
set -eu
umask 077
work=$(mktemp -d /tmp/garage.XXXXXX)
trap 'rm -rf "$work"' EXIT

# METHOD PATH ANSWER: the status; a body comes from standard input, the token from a file.
api() {
	case $1 in
	GET) curl -sS --max-time 30 -K ${secretsDirectory}/admin.curl -o "$3" -w '%{http_code}' "http://${jail.address.inet.text}:${adminPort}$2" ;;
	*) curl -sS --max-time 60 -K ${secretsDirectory}/admin.curl -o "$3" -w '%{http_code}' -X "$1" \\
		-H 'Content-Type: application/json' --data-binary @- "http://${jail.address.inet.text}:${adminPort}$2" ;;
	esac
}

# The same, and anything but a success ends the step.
must() {
	status=$(api "$@") || status=none
	case $status in
	2??) ;;
	*)
		echo "garage: $1 $2 answered $status" >&2
		exit 1
		;;
	esac
}
`

const paths = (version: string) =>
  version.startsWith('1.')
    ? {
        ...{ status: '/v1/status', layout: '/v1/layout', update: '/v1/layout', apply: '/v1/layout/apply' },
        ...{ changes: '.', key: '/v1/key', importKey: '/v1/key/import', bucket: '/v1/bucket' },
        ...{ createBucket: '/v1/bucket', allow: '/v1/bucket/allow' },
      }
    : {
        ...{ status: '/v2/GetClusterStatus', layout: '/v2/GetClusterLayout', update: '/v2/UpdateClusterLayout' },
        ...{ apply: '/v2/ApplyClusterLayout', changes: '{roles: .}', key: '/v2/GetKeyInfo' },
        ...{ importKey: '/v2/ImportKey', bucket: '/v2/GetBucketInfo', createBucket: '/v2/CreateBucket' },
        allow: '/v2/AllowBucketKey',
      }

function layoutStep(version: string): string {
  const api = paths(version)
  return `
# Whoever is not there yet is waited for: a node that nobody knows would get data nobody can read.
tries=0
while :; do
	must GET ${api.status} "$work/status"
	away=$(jq -r --slurpfile want /${layoutFile} \\
		'([.node // empty] + [(.nodes // .knownNodes)[] | select(.isUp) | .id]) as $up | [$want[0][] | select(.id as $id | $up | index($id) | not) | .tags[0]] | join(" ")' \\
		"$work/status")
	[ -z "$away" ] && break
	tries=$((tries + 1))
	if [ "$tries" -ge 60 ]; then
		echo "garage: not reached yet: $away" >&2
		exit 1
	fi
	sleep 2
done

must GET ${api.layout} "$work/layout"
jq --slurpfile want /${layoutFile} '
	(.roles | map({key: .id, value: {zone, capacity, tags}}) | from_entries) as $have
	| ($want[0] | map({key: .id, value: true}) | from_entries) as $will
	| [ $want[0][] | select($have[.id] != {zone, capacity, tags}) ]
	+ [ $have | keys[] | select($will[.] | not) | {id: ., remove: true} ]
	| sort_by(.id)' "$work/layout" >"$work/changes"
jq '[.stagedRoleChanges[] | if .remove then {id, remove} else {id, zone, capacity, tags} end] | sort_by(.id)' \\
	"$work/layout" >"$work/staged"

if [ "$(cat "$work/changes")" = '[]' ] && [ "$(cat "$work/staged")" = '[]' ]; then
	echo 'garage: the layout is as it should be'
	exit 0
fi
if [ "$(cat "$work/staged")" != '[]' ] && ! cmp -s "$work/changes" "$work/staged"; then
	echo 'garage: somebody has staged other changes; see them by "garage layout show", then apply or revert them' >&2
	exit 1
fi
jq '${api.changes}' "$work/changes" | must POST ${api.update} /dev/null
version=$(jq .version "$work/layout")
echo "{\\"version\\": $((version + 1))}" | must POST ${api.apply} /dev/null
echo "garage: layout $((version + 1)) is applied"
`
}

function clientsStep(version: string): string {
  const api = paths(version)
  return `
jq -r '.[] | [.name, .accessKeyId, .bucket] | @tsv' /${clientsFile} >"$work/clients"
while IFS="$(printf '\\t')" read -r name key bucket; do
	case $(api GET "${api.key}?id=$key" /dev/null) in
	200) echo "garage: the key of $name is there" ;;
	404)
		jq --arg name "$name" '.[] | select(.name == $name) | {name, accessKeyId, secretAccessKey}' /${clientsFile} |
			must POST ${api.importKey} /dev/null
		echo "garage: the key of $name is made"
		;;
	*)
		echo "garage: the key of $name could not be asked for" >&2
		exit 1
		;;
	esac
	case $(api GET "${api.bucket}?globalAlias=$bucket" "$work/bucket") in
	200) echo "garage: bucket $bucket is there" ;;
	404)
		echo "{\\"globalAlias\\": \\"$bucket\\"}" | must POST ${api.createBucket} "$work/bucket"
		echo "garage: bucket $bucket is made"
		;;
	*)
		echo "garage: bucket $bucket could not be asked for" >&2
		exit 1
		;;
	esac
	jq --arg key "$key" '{bucketId: .id, accessKeyId: $key, permissions: {read: true, write: true, owner: false}}' \\
		"$work/bucket" | must POST ${api.allow} /dev/null
done <"$work/clients"
`
}

#!/bin/sh
# Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
set -eu
PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
export PATH
umask 077
work=$(mktemp -d /tmp/garage.XXXXXX)
trap 'rm -rf "$work"' EXIT

# METHOD PATH ANSWER: the status; a body comes from standard input, the token from a file.
api() {
	case $1 in
	GET) curl -sS --max-time 30 -K /usr/local/etc/garage/admin.curl -o "$3" -w '%{http_code}' "http://10.65.0.19:3903$2" ;;
	*) curl -sS --max-time 60 -K /usr/local/etc/garage/admin.curl -o "$3" -w '%{http_code}' -X "$1" \
		-H 'Content-Type: application/json' --data-binary @- "http://10.65.0.19:3903$2" ;;
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

# Whoever is not there yet is waited for: a node that nobody knows would get data nobody can read.
tries=0
while :; do
	must GET /v1/status "$work/status"
	away=$(jq -r --slurpfile want /usr/local/etc/garage/layout.json \
		'([.node // empty] + [(.nodes // .knownNodes)[] | select(.isUp) | .id]) as $up | [$want[0][] | select(.id as $id | $up | index($id) | not) | .tags[0]] | join(" ")' \
		"$work/status")
	[ -z "$away" ] && break
	tries=$((tries + 1))
	if [ "$tries" -ge 60 ]; then
		echo "garage: not reached yet: $away" >&2
		exit 1
	fi
	sleep 2
done

must GET /v1/layout "$work/layout"
jq --slurpfile want /usr/local/etc/garage/layout.json '
	(.roles | map({key: .id, value: {zone, capacity, tags}}) | from_entries) as $have
	| ($want[0] | map({key: .id, value: true}) | from_entries) as $will
	| [ $want[0][] | select($have[.id] != {zone, capacity, tags}) ]
	+ [ $have | keys[] | select($will[.] | not) | {id: ., remove: true} ]
	| sort_by(.id)' "$work/layout" >"$work/changes"
jq '[.stagedRoleChanges[] | if .remove then {id, remove} else {id, zone, capacity, tags} end] | sort_by(.id)' \
	"$work/layout" >"$work/staged"

if [ "$(cat "$work/changes")" = '[]' ] && [ "$(cat "$work/staged")" = '[]' ]; then
	echo 'garage: the layout is as it should be'
	exit 0
fi
if [ "$(cat "$work/staged")" != '[]' ] && ! cmp -s "$work/changes" "$work/staged"; then
	echo 'garage: somebody has staged other changes; see them by "garage layout show", then apply or revert them' >&2
	exit 1
fi
jq '.' "$work/changes" | must POST /v1/layout /dev/null
version=$(jq .version "$work/layout")
echo "{\"version\": $((version + 1))}" | must POST /v1/layout/apply /dev/null
echo "garage: layout $((version + 1)) is applied"

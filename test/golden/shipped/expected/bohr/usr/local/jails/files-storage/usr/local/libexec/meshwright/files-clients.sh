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

jq -r '.[] | [.name, .accessKeyId, .bucket] | @tsv' /usr/local/etc/garage/clients.json >"$work/clients"
while IFS="$(printf '\t')" read -r name key bucket; do
	case $(api GET "/v1/key?id=$key" /dev/null) in
	200) echo "garage: the key of $name is there" ;;
	404)
		jq --arg name "$name" '.[] | select(.name == $name) | {name, accessKeyId, secretAccessKey}' /usr/local/etc/garage/clients.json |
			must POST /v1/key/import /dev/null
		echo "garage: the key of $name is made"
		;;
	*)
		echo "garage: the key of $name could not be asked for" >&2
		exit 1
		;;
	esac
	case $(api GET "/v1/bucket?globalAlias=$bucket" "$work/bucket") in
	200) echo "garage: bucket $bucket is there" ;;
	404)
		echo "{\"globalAlias\": \"$bucket\"}" | must POST /v1/bucket "$work/bucket"
		echo "garage: bucket $bucket is made"
		;;
	*)
		echo "garage: bucket $bucket could not be asked for" >&2
		exit 1
		;;
	esac
	jq --arg key "$key" '{bucketId: .id, accessKeyId: $key, permissions: {read: true, write: true, owner: false}}' \
		"$work/bucket" | must POST /v1/bucket/allow /dev/null
done <"$work/clients"

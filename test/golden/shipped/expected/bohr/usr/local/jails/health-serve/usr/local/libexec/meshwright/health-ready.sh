#!/bin/sh
# Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
lacking=0
lacks()
{
	echo "not there yet: $1" >&2
	echo "    $2" >&2
	lacking=1
}

version=
if [ ! -x /usr/local/bin/node ]; then
	lacks /usr/local/bin/node 'pkg install node22'
elif ! version=$(/usr/local/bin/node /usr/local/lib/node_modules/meshwright/dist/meshwright.js --version 2>/dev/null); then
	lacks /usr/local/lib/node_modules/meshwright/dist/meshwright.js \
		'what `npm pack` makes of meshwright: mkdir -p /usr/local/lib/node_modules/meshwright && tar --strip-components 1 -C /usr/local/lib/node_modules/meshwright -xf meshwright-VERSION.tgz'
fi
for file in mesh.yaml mesh.lock.yaml; do
	[ -s "/usr/local/etc/meshwright/mesh/$file" ] || lacks "/usr/local/etc/meshwright/mesh/$file" \
		'a copy of the mesh directory, readable by all, without secrets.age and out/'
done
[ -s /usr/local/etc/meshwright/mesh/known_hosts ] || lacks /usr/local/etc/meshwright/mesh/known_hosts \
	'the host keys of all hosts, by their addresses in the mesh: what ssh-keyscan says, once you have checked it'
[ -s /usr/local/etc/meshwright/id_ed25519 ] || lacks /usr/local/etc/meshwright/id_ed25519 \
	'a key of its own, ssh-keygen -t ed25519; on every host in authorized_keys: restrict,from="10.65.0.21,fd5c:8e21:77aa:100::2a" ssh-ed25519 ...'
[ "$lacking" -eq 0 ] || exit 1
echo "meshwright $version: all is there. service meshwright start"

/** First start: is all there that no package and no file of ours brings? It looks, and changes nothing. */
import { madeBy } from '../../render/file.ts'
import type { Instance } from '../kind.ts'
import { identityFile, meshDirectory, node, packageDirectory, program } from './rc-script.ts'

export const readyStep = ({ jail }: Instance): string => `#!/bin/sh
# ${madeBy}
PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
lacking=0
lacks()
{
	echo "not there yet: $1" >&2
	echo "    $2" >&2
	lacking=1
}

version=
if [ ! -x ${node} ]; then
	lacks ${node} 'pkg install node22'
elif ! version=$(${node} ${program} --version 2>/dev/null); then
	lacks ${program} \\
		'what \`npm pack\` makes of meshwright: mkdir -p ${packageDirectory} && tar --strip-components 1 -C ${packageDirectory} -xf meshwright-VERSION.tgz'
fi
for file in mesh.yaml mesh.lock.yaml; do
	[ -s "${meshDirectory}/$file" ] || lacks "${meshDirectory}/$file" \\
		'a copy of the mesh directory, readable by all, without secrets.age and out/'
done
[ -s ${meshDirectory}/known_hosts ] || lacks ${meshDirectory}/known_hosts \\
	'the host keys of all hosts, by their addresses in the mesh: what ssh-keyscan says, once you have checked it'
[ -s ${identityFile} ] || lacks ${identityFile} \\
	'a key of its own, ssh-keygen -t ed25519; on every host in authorized_keys: restrict,from="${jail.address.inet.text},${jail.address.inet6.text}" ssh-ed25519 ...'
[ "$lacking" -eq 0 ] || exit 1
echo "meshwright $version: all is there. service meshwright start"
`

/**
 * Users of clients. The seed has those of the first start; whoever comes, goes or gets a new password later is told to
 * the running servers, each by itself, because users are not replicated (valkey.io, ACL).
 */
import { madeBy } from '../../render/file.ts'
import { clientNames } from '../client-names.ts'
import type { Deployed, FirstStart, JailFile } from '../kind.ts'

/** Of the steps alone. */
const steward = 'mesh'
/** Those that are no clients: of proxies, replicas, Sentinel and the steps. */
export const ownUsers = ['default', 'exporter', 'haproxy', steward, 'replica', 'sentinel']

const directory = '/usr/local/etc/meshwright'

/** Words of one user, as a line of valkey.conf and `ACL SETUSER` take them. */
const wordsOf = (name: string, { secrets }: Deployed): string =>
  `${name} reset on >${secrets.text(`client-${name}`).reveal()} ~* &* +@all -@admin -@dangerous +info +keys`

const stewardPassword = ({ secrets }: Deployed): string => secrets.lasting.text('steward').reveal()

/** Lines of the seed: `reset` is a word of ACL SETUSER only. */
export const seededUsers = (service: Deployed): readonly string[] => [
  `user ${steward} on >${stewardPassword(service)} ~* &* +@all`,
  ...clientNames(service).map(name => `user ${wordsOf(name, service).replace(' reset', '')}`),
]

export const renderClients = (service: Deployed): readonly JailFile[] => {
  const closed = { mode: 0o600, secret: true, reload: null } as const
  return [
    { path: `${directory.slice(1)}/valkey-steward`, text: `${stewardPassword(service)}\n`, ...closed },
    {
      path: `${directory.slice(1)}/valkey-users`,
      text: clientNames(service)
        .map(name => `ACL SETUSER ${wordsOf(name, service)}\n`)
        .join(''),
      ...closed,
    },
  ]
}

export const clientSteps = (service: Deployed): readonly FirstStart[] =>
  service.instances('server').map(on => ({
    ...{ step: 'clients', on, secret: false },
    text: `#!/bin/sh
# ${madeBy}
# Tells the server of this jail who its clients are; again, it changes nothing.
set -eu
REDISCLI_AUTH=$(cat ${directory}/valkey-steward)
export REDISCLI_AUTH
cli() {
	timeout 30 valkey-cli -h ${on.jail.address.inet.text} --user ${steward} --no-auth-warning "$@"
}
# Passwords come from a file, not from arguments; whatever is not OK is said.
tell() {
	answers=$(cli)
	if echo "$answers" | grep -v '^OK$' >&2; then
		exit 1
	fi
}
[ ! -s ${directory}/valkey-users ] || tell <${directory}/valkey-users
cli ACL USERS | while read -r user; do
	case " ${[...ownUsers, ...clientNames(service)].join(' ')} " in
	*" $user "*) ;;
	*)
		echo "valkey: $user is no client any more"
		echo "ACL DELUSER $user" | cli >/dev/null
		;;
	esac
done
echo 'CONFIG REWRITE' | tell
`,
  }))

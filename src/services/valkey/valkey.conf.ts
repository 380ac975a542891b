/**
 * valkey.conf and sentinel.conf are seeds: the daemons rewrite theirs, so they have copies where they may write, made by
 * the first start alone. Afterwards they are compared by the keys that are ours (valkey.conf of the distribution).
 */
import { madeBy } from '../../render/file.ts'
import { block } from '../../render/template.ts'
import type { Deployed, Instance, JailFile } from '../kind.ts'
import { seededUsers } from './clients.ts'
import { exporterUser } from './exporter.ts'
import type { ValkeyOptions } from './valkey.ts'

/** The one that the others copy at first: the first founder by name. Later Sentinel decides. */
const firstPrimary = (service: Deployed): Instance | undefined => {
  const all = service.instances('server')
  return all.find(one => one.founder) ?? all[0]
}

export function renderValkey(instance: Instance, service: Deployed<ValkeyOptions>): JailFile {
  const { options, secrets } = service
  const { address, spec } = instance.jail
  const shared = options.shape === 'shared'
  const primary = firstPrimary(service)
  const members = service.instances('server').length
  const replica = secrets.lasting.text('replica').reveal()
  const lines = [
    `# ${madeBy}`,
    `bind ${address.inet.text} ${address.inet6.text} 127.0.0.1`,
    'port 6379',
    'daemonize no',
    'dir /var/db/valkey',
    'user default off',
    `user haproxy on >${secrets.lasting.text('haproxy').reveal()} -@all +ping +info +auth +quit`,
    exporterUser(service),
    ...seededUsers(service),
    // Two thirds: copies at a save, buffers of replicas and fragmentation want the rest.
    `maxmemory ${Math.floor((spec.memory ?? 0) / 1.5)}`,
    `maxmemory-policy ${shared ? 'noeviction' : 'allkeys-lru'}`,
    `appendonly ${shared ? 'yes' : 'no'}`,
    ...(shared
      ? [
          `user sentinel on >${secrets.lasting.text('sentinel').reveal()} allchannels +multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info +client|setname +client|kill +script|kill`,
          `user replica on >${replica} +psync +replconf +ping`,
          'masteruser replica',
          `masterauth ${replica}`,
          `replica-announce-ip ${address.inet.text}`,
          'replica-announce-port 6379',
          // A primary that is cut off stops taking writes.
          ...(members > 1 ? ['min-replicas-to-write 1', 'min-replicas-max-lag 10'] : []),
          ...(primary === undefined || primary.host === instance.host
            ? []
            : [`replicaof ${primary.jail.address.inet.text} 6379`]),
        ]
      : []),
  ]
  return seed('valkey.conf', lines)
}

/** The password of every sentinel. */
export const betweenSentinels = ({ secrets }: Deployed): string => secrets.lasting.text('between-sentinels').reveal()

export function renderSentinel(instance: Instance, service: Deployed<ValkeyOptions>): JailFile {
  const { secrets, name } = service
  const own = instance.jail.address.inet.text
  const primary = firstPrimary(service)
  const quorum = Math.floor(service.instances('sentinel').length / 2) + 1
  const between = betweenSentinels(service)
  const lines = [
    `# ${madeBy}`,
    `bind ${own} ${instance.jail.address.inet6.text} 127.0.0.1`,
    'port 26379',
    'daemonize no',
    'dir /var/db/valkey',
    `requirepass ${between}`,
    `sentinel sentinel-pass ${between}`,
    'sentinel resolve-hostnames no',
    `sentinel myid ${secrets.lasting.hex(`myid-${instance.host.name}`, 20).reveal()}`,
    `sentinel announce-ip ${own}`,
    'sentinel announce-port 26379',
    // Before every option of that name.
    `sentinel monitor ${name} ${primary?.jail.address.inet.text ?? own} 6379 ${quorum}`,
    `sentinel auth-user ${name} sentinel`,
    `sentinel auth-pass ${name} ${secrets.lasting.text('sentinel').reveal()}`,
    `sentinel down-after-milliseconds ${name} 10000`,
    `sentinel failover-timeout ${name} 60000`,
    `sentinel parallel-syncs ${name} 1`,
  ]
  return seed('sentinel.conf', lines)
}

export const home = '/var/db/valkey'
const seeds = '/usr/local/etc/meshwright'

/** What root does before a start: a daemon that has its file keeps it. */
export const fromSeed = (name: string): string =>
  `[ -e ${home}/${name} ] || install -o valkey -g valkey -m 0600 ${seeds}/${name} ${home}/${name}`

const seed = (name: string, lines: readonly string[]): JailFile => ({
  path: `${seeds.slice(1)}/${name}`,
  text: block(lines).text,
  mode: 0o600,
  secret: true,
  reload: null,
})

/** Keys that only meshwright sets; all others a running daemon may have changed. */
const managed = [
  ...['bind', 'port', 'dir', 'maxmemory', 'maxmemory-policy', 'appendonly', 'masteruser', 'masterauth'],
  ...['replica-announce-ip', 'replica-announce-port', 'min-replicas-to-write', 'min-replicas-max-lag'],
  ...['requirepass', 'sentinel sentinel-pass', 'sentinel myid', 'sentinel announce-ip', 'sentinel announce-port'],
  ...['sentinel auth-user', 'sentinel auth-pass', 'sentinel down-after-milliseconds', 'sentinel failover-timeout'],
]

/** The managed keys of a seed or of a file that its daemon has rewritten: quotes gone, one value a key. */
export function managedKeys(text: string): ReadonlyMap<string, string> {
  const [ours = ''] = text.split(/^# Generated by CONFIG REWRITE$/m)
  const found = new Map<string, string>()
  for (const line of ours.split('\n')) {
    const words = line.trim().replaceAll('"', '').split(/\s+/)
    const key = words[0] === 'sentinel' ? words.slice(0, 2).join(' ') : (words[0] ?? '')
    if (managed.includes(key)) found.set(key, words.slice(key.split(' ').length).join(' '))
  }
  return found
}

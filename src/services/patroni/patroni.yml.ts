/** usr/local/etc/patroni/patroni.yml: one member of the PostgreSQL cluster (Patroni's YAML configuration settings). */
import { madeBy } from '../../render/file.ts'
import { yamlText } from '../../render/yaml.ts'
import { clientNames } from '../client-names.ts'
import type { Deployed, Instance, JailFile } from '../kind.ts'
import type { PatroniOptions } from './patroni.ts'
import { knowsPriority, priorityOf } from './priority.ts'
import { longestTrip, timingOf } from './timing.ts'

const clientsScript = '/usr/local/libexec/meshwright/patroni-clients.sh'
const clientsSql = '/usr/local/etc/patroni/clients.sql'

const mebibyte = 2 ** 20

/** `host … scram-sha-256` for one prefix, as pg_hba.conf writes it. */
const allow = (database: string, user: string, { jail }: Instance): string[] => [
  `host ${database} ${user} ${jail.address.inet.text}/32 scram-sha-256`,
  `host ${database} ${user} ${jail.address.inet6.text}/128 scram-sha-256`,
]

export function renderPatroni(instance: Instance, service: Deployed<PatroniOptions>): JailFile {
  const { options, secrets } = service
  const members = service.instances('postgres')
  const address = instance.jail.address.inet.text
  // TCP proxies hide their clients: what is let in are the proxies and the members themselves.
  const hba = [
    'local all all peer',
    'host all all 127.0.0.1/32 scram-sha-256',
    ...members.flatMap(member => allow('replication', 'replicator', member)),
    ...members.flatMap(member => allow('all', 'all', member)),
    ...service.instances('proxy').flatMap(proxy => allow('all', 'all', proxy)),
  ]
  const file = {
    scope: service.name,
    namespace: '/service/',
    name: instance.host.name,
    restapi: {
      listen: `${address}:8008`,
      connect_address: `${address}:8008`,
      authentication: { username: 'patroni', password: secrets.text('rest').reveal() },
      allowlist: members.map(member => member.jail.address.inet.text),
    },
    etcd3: { hosts: service.instances('etcd').map(({ jail }) => `${jail.address.inet.text}:2379`) },
    bootstrap: {
      dcs: dcsOf(service),
      initdb: [{ encoding: 'UTF8' }, 'data-checksums'],
      pg_hba: hba,
      post_bootstrap: clientsScript,
    },
    postgresql: {
      listen: `${address},127.0.0.1:5432`,
      connect_address: `${address}:5432`,
      data_dir: `/var/db/postgres/data${options.postgresql}`,
      bin_dir: '/usr/local/bin',
      pgpass: '/var/db/postgres/.pgpass.patroni',
      authentication: {
        superuser: { username: 'postgres', password: secrets.lasting.text('superuser').reveal() },
        replication: { username: 'replicator', password: secrets.lasting.text('replication').reveal() },
        rewind: { username: 'rewinder', password: secrets.lasting.text('rewind').reveal() },
      },
      parameters: { unix_socket_directories: '/tmp', ...localParameters(instance, options) },
      pg_hba: hba,
    },
    ...(knowsPriority(service.version) && { tags: { failover_priority: priorityOf(instance, service) } }),
    // The watchdog is a Linux device.
    watchdog: { mode: 'off' },
  }
  return {
    path: 'usr/local/etc/patroni/patroni.yml',
    text: yamlText(file),
    mode: 0o600,
    owner: 'postgres',
    group: 'postgres',
    secret: true,
    reload: { rc: 'patroni', how: 'reload' },
  }
}

/** Settings of this member alone: read at every start and reload. */
function localParameters(
  { jail }: Instance,
  options: PatroniOptions,
): Readonly<Record<string, string | number | boolean>> {
  const memory = Math.floor((jail.spec.memory ?? 1024 * mebibyte) / mebibyte)
  return {
    shared_buffers: `${Math.floor(memory / 4)}MB`,
    effective_cache_size: `${Math.floor(memory / 2)}MB`,
    ...only(options.parameters, name => !ofCluster.includes(name)),
  }
}

/** Patroni takes these from the cluster's settings alone (Patroni, dynamic configuration). */
const ofCluster = [
  ...['max_locks_per_transaction', 'max_worker_processes', 'max_prepared_transactions', 'track_commit_timestamp'],
  ...['max_wal_senders', 'max_replication_slots', 'wal_keep_segments', 'wal_keep_size'],
]

const only = <T>(of: Readonly<Record<string, T>>, wanted: (name: string) => boolean): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(of).filter(([name]) => wanted(name)))

/**
 * Settings of the cluster, the same for all members: Patroni reads them from here when it makes the cluster, and later
 * from etcd alone. A step brings changes there.
 */
function dcsOf(service: Deployed<PatroniOptions>) {
  const { options } = service
  const { ttl, loopWait, retryTimeout } = timingOf(longestTrip(service, service.instances('etcd')))
  return {
    ttl,
    loop_wait: loopWait,
    retry_timeout: retryTimeout,
    maximum_lag_on_failover: options['maximum-lag'],
    ...synchronous(options.synchronous),
    failsafe_mode: options.failsafe,
    postgresql: {
      use_pg_rewind: true,
      use_slots: true,
      parameters: {
        max_connections: options['max-connections'],
        password_encryption: 'scram-sha-256',
        wal_log_hints: 'on',
        ...only(options.parameters, name => ofCluster.includes(name)),
      },
    },
  }
}

const settingsFile = '/usr/local/etc/patroni/dcs.json'
const curlFile = '/usr/local/etc/patroni/rest.curl'

const withoutOthers = (dcs: ReturnType<typeof dcsOf>): object => ({
  synchronous_mode_strict: null,
  ...dcs,
  postgresql: {
    ...dcs.postgresql,
    parameters: { ...Object.fromEntries(ofCluster.map(name => [name, null])), ...dcs.postgresql.parameters },
  },
})

/** What the step that brings settings to the cluster reads. */
export const renderSettings = (service: Deployed<PatroniOptions>): readonly JailFile[] => [
  {
    path: settingsFile.slice(1),
    // A setting that is not said any more is taken away: null does that in a PATCH.
    text: `${JSON.stringify(withoutOthers(dcsOf(service)), null, 2)}\n`,
    ...{ mode: 0o644, secret: false, reload: null },
  },
  {
    path: curlFile.slice(1),
    text: `user = "patroni:${service.secrets.text('rest').reveal()}"\n`,
    ...{ mode: 0o600, secret: true, reload: null },
  },
]

/** Settings of the cluster as they are wanted (Patroni, REST API, PATCH /config): the same again changes nothing. */
export const settingsStep = ({ jail }: Instance): string => `#!/bin/sh
# ${madeBy}
set -eu
url=http://${jail.address.inet.text}:8008/config
tries=0
until curl -sS -f --max-time 10 -o /dev/null "$url" 2>/dev/null; do
	tries=$((tries + 1))
	if [ "$tries" -ge 60 ]; then
		echo 'patroni: no cluster answers yet' >&2
		exit 1
	fi
	sleep 5
done
curl -sS -f --max-time 30 -K ${curlFile} -o /dev/null -X PATCH -H 'Content-Type: application/json' \\
	--data-binary @${settingsFile} "$url"
echo 'patroni: the cluster has its settings; those that take a restart wait for patronictl restart'
`

const synchronous = (mode: PatroniOptions['synchronous']) => ({
  synchronous_mode: mode === 'quorum' ? 'quorum' : mode !== 'off',
  ...(mode === 'strict' && { synchronous_mode_strict: true }),
})

/** Roles and databases of the services that use this one; run at bootstrap, and again when one comes. */
export function renderClientsSql(service: Deployed<PatroniOptions>): JailFile {
  const names = clientNames(service)
  const lines = names.flatMap(name => [
    `SELECT 'CREATE ROLE "${name}" LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${name}') \\gexec`,
    `ALTER ROLE "${name}" LOGIN PASSWORD '${service.secrets.text(`client-${name}`).reveal()}';`,
    `SELECT 'CREATE DATABASE "${name}" OWNER "${name}"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '${name}') \\gexec`,
  ])
  const head = [
    `-- ${madeBy}`,
    '\\set ON_ERROR_STOP on',
    "SET log_statement = 'none';",
    "SET log_min_error_statement = 'panic';",
  ]
  return {
    path: clientsSql.slice(1),
    text: `${[...head, ...lines].join('\n')}\n`,
    mode: 0o600,
    owner: 'postgres',
    group: 'postgres',
    secret: true,
    reload: null,
  }
}

/** Patroni runs it as postgres, with a connection string of the new primary; PGPASSFILE is set. */
export const renderClientsScript = (): JailFile => ({
  path: clientsScript.slice(1),
  text: `#!/bin/sh
# ${madeBy}
set -eu
# rc(8) starts daemons without it.
PATH=/bin:/usr/bin:/usr/local/bin
export PATH
exec psql -X -q -w -f ${clientsSql} "$1"
`,
  mode: 0o755,
  secret: false,
  reload: null,
})

/** For the step that makes clients on a cluster that stands already: finds the primary by itself. */
export function renderPgpass(service: Deployed<PatroniOptions>): JailFile {
  return {
    path: 'usr/local/etc/patroni/pgpass',
    text: `*:5432:*:postgres:${service.secrets.lasting.text('superuser').reveal()}\n`,
    mode: 0o600,
    secret: true,
    reload: null,
  }
}

export function clientsStep(service: Deployed<PatroniOptions>): string {
  const hosts = service.instances('postgres').map(({ jail }) => jail.address.inet.text)
  return `#!/bin/sh
# ${madeBy}
# Makes the roles and databases of the services that use ${service.name}; harmless when they are there.
set -eu
PGPASSFILE=/usr/local/etc/patroni/pgpass
PGCONNECT_TIMEOUT=10
export PGPASSFILE PGCONNECT_TIMEOUT
on_primary() {
	timeout 120 psql -X -q -w "host=${hosts.join(',')} port=5432 user=postgres dbname=postgres target_session_attrs=read-write" "$@"
}
# The first of them becomes primary in a minute or two; the others copy it.
tries=0
until on_primary -c 'SELECT 1' >/dev/null 2>&1; do
	tries=$((tries + 1))
	if [ "$tries" -ge 60 ]; then
		echo '${service.name}: no primary yet; does Patroni run on every member?' >&2
		exit 1
	fi
	sleep 5
done
on_primary < ${clientsSql}
`
}

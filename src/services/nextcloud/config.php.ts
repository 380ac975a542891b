/**
 * config/meshwright.config.php: what is the same on every node, or only known here. Nextcloud reads it after config.php,
 * which it writes itself (administration manual, configuration parameters).
 */
import { madeBy } from '../../render/file.ts'
import type { Capability, Offers } from '../capability.ts'
import type { Deployed, Instance, JailFile } from '../kind.ts'
import type { NextcloudOptions } from './nextcloud.ts'
import { Code, php } from './php.ts'

export const root = '/usr/local/www/nextcloud'
export const dataDirectory = '/var/db/nextcloud'
/** Only a step of an administrator may change config.php, and says so by this in its environment. */
export const writable = 'MESHWRIGHT_WRITABLE'

/** The one service that gives it a thing: a need that is not optional has exactly one. */
export function offered<C extends Capability>(
  capability: C,
  instance: Instance,
  service: Deployed<NextcloudOptions>,
): Offers[C] {
  const [only] = service.offers(capability, instance).values()
  if (only === undefined) throw new Error(`${service.name} has no ${capability}: this is a bug in meshwright`)
  return only
}

export function renderConfig(instance: Instance, service: Deployed<NextcloudOptions>): JailFile {
  const { options, secrets } = service
  const database = offered('postgresql', instance, service)
  const cache = offered('redis', instance, service)
  const files = offered('s3', instance, service)
  const config = {
    // Ten letters and digits after "oc", the same on every node.
    instanceid: `oc${secrets.lasting.text('instanceid', 10).reveal().toLowerCase()}`,
    passwordsalt: secrets.lasting.text('passwordsalt', 30).reveal(),
    secret: secrets.lasting.text('secret', 48).reveal(),
    trusted_domains: [options.domain, ...options['more-domains']],
    trusted_proxies: edgesOf(service),
    forwarded_for_headers: ['HTTP_X_FORWARDED_FOR'],
    overwriteprotocol: options.scheme,
    'overwrite.cli.url': `${options.scheme}://${options.domain}`,
    dbtype: 'pgsql',
    dbhost: `${database.host}:${database.port}`,
    dbname: database.database,
    dbuser: database.user,
    dbpassword: database.password.reveal(),
    dbtableprefix: 'oc_',
    objectstore: {
      class: String.raw`\OC\Files\ObjectStore\S3`,
      arguments: {
        bucket: files.bucket,
        key: files.keyId,
        secret: files.secretKey.reveal(),
        hostname: files.host,
        port: files.port,
        region: files.region,
        use_ssl: false,
        use_path_style: true,
        autocreate: false,
        verify_bucket_exists: false,
      },
    },
    'memcache.local': String.raw`\OC\Memcache\APCu`,
    'memcache.distributed': String.raw`\OC\Memcache\Redis`,
    'memcache.locking': String.raw`\OC\Memcache\Redis`,
    redis: {
      ...{ host: cache.host, port: cache.port, user: cache.user, password: cache.password.reveal() },
      timeout: 1.5,
    },
    // The package keeps what it brings apart from what people add (www/nextcloud, pkg-message).
    apps_paths: ['/apps', '/apps-pkg'].map(url => ({ path: `${root}${url}`, url, writable: false })),
    datadirectory: dataDirectory,
    config_is_read_only: new Code(`getenv('${writable}') !== '1'`),
    log_type: 'syslog',
    syslog_tag: 'nextcloud',
    maintenance_window_start: options['maintenance-window'],
    ...(options['phone-region'] !== undefined && { default_phone_region: options['phone-region'] }),
    // Code comes from packages, the same on all nodes: an application that one node fetched would be missing on the others.
    appstoreenabled: false,
    updatechecker: false,
    'upgrade.disable-web': true,
    has_internet_connection: options.internet,
  }
  return {
    path: `${root.slice(1)}/config/meshwright.config.php`,
    // Nothing may come before the first tag: it would be sent to browsers.
    text: `<?php\n// ${madeBy}\n$CONFIG = ${php(config)};\n`,
    mode: 0o640,
    group: 'www',
    secret: true,
    // PHP reads it anew once it has changed.
    reload: null,
  }
}

/** Whoever hands requests on, in both families. */
function edgesOf(service: Deployed<NextcloudOptions>): readonly string[] {
  const edges = service.clients
    .filter(client => client.capability === 'http')
    .flatMap(client => client.roles.flatMap(role => service.instancesOf(client.service.name, role)))
  return edges.flatMap(({ jail: { address } }) => [address.inet.text, address.inet6.text])
}

/** For whoever logs in first; Nextcloud keeps its own hash of it afterwards. */
export const renderAdmin = (service: Deployed<NextcloudOptions>): JailFile => ({
  path: adminPassword.slice(1),
  text: `${service.secrets.text('admin').reveal()}\n`,
  mode: 0o640,
  group: 'www',
  secret: true,
  reload: null,
})

export const adminPassword = '/usr/local/etc/meshwright/nextcloud-admin'

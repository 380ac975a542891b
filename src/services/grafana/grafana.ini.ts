/** usr/local/etc/grafana/grafana.ini (Grafana, configure Grafana): what differs from conf/defaults.ini. */
import { madeBy } from '../../render/file.ts'
import { type Block, template } from '../../render/template.ts'
import type { Deployed, Instance, JailFile } from '../kind.ts'
import type { GrafanaOptions } from './grafana.ts'

/** Sections and keys that are written here: Grafana says nothing of those it does not know. */
export const grafanaKeys: Readonly<Record<string, readonly string[]>> = {
  paths: ['data', 'logs', 'plugins', 'provisioning'],
  server: ['protocol', 'http_addr', 'http_port', 'domain', 'root_url'],
  database: ['type', 'path', 'host', 'name', 'user', 'password', 'ssl_mode', 'max_open_conn'],
  analytics: ['reporting_enabled', 'check_for_updates', 'check_for_plugin_updates', 'feedback_links_enabled'],
  security: ['admin_user', 'admin_password', 'secret_key', 'disable_gravatar', 'cookie_samesite', 'cookie_secure'],
  snapshots: ['external_enabled'],
  users: ['allow_sign_up'],
  'auth.anonymous': ['enabled'],
  news: ['news_feed_enabled'],
  metrics: ['enabled'],
  plugins: ['public_key_retrieval_disabled', 'preinstall_disabled'],
}

/** `;` and `#` begin a comment, `$` and `%(` are expanded, quotes are taken off. */
export function iniValue(value: string | number | boolean): string {
  const text = String(value)
  if (!/^[^\p{Cc};#$%"'`\\]*$/u.test(text) || text !== text.trim())
    throw new Error(`${JSON.stringify(text)} in grafana.ini: this is a bug in meshwright`)
  return text
}
const ini = template<string | number | boolean>(iniValue)

export function renderGrafanaIni(instance: Instance, service: Deployed<GrafanaOptions>): JailFile {
  const { options, secrets } = service
  const own = instance.jail.address.inet.text
  const [domain] = options.domains
  const lines = ini`
    # ${madeBy}
    [paths]
    data = /var/db/grafana
    logs = /var/log/grafana
    plugins = /var/db/grafana/plugins
    provisioning = /usr/local/etc/grafana/provisioning

    [server]
    protocol = http
    http_addr = ${own}
    http_port = 3000
    domain = ${domain ?? own}
    root_url = ${domain === undefined ? `http://${own}:3000/` : `${options.scheme}://${domain}/`}

    [database]
    ${databaseOf(instance, service)}

    # Nothing is told or asked outside.
    [analytics]
    reporting_enabled = false
    check_for_updates = false
    check_for_plugin_updates = false
    feedback_links_enabled = false

    [security]
    admin_user = ${options['admin-user']}
    admin_password = ${secrets.text('admin').reveal()}
    secret_key = ${secrets.lasting.text('secret-key').reveal()}
    disable_gravatar = true
    cookie_samesite = lax
    cookie_secure = ${domain !== undefined && options.scheme === 'https'}

    [snapshots]
    external_enabled = false

    [users]
    allow_sign_up = false

    [auth.anonymous]
    enabled = false

    [news]
    news_feed_enabled = false

    [metrics]
    enabled = ${domain === undefined}

    [plugins]
    public_key_retrieval_disabled = true
    preinstall_disabled = true
  `
  return {
    path: 'usr/local/etc/grafana/grafana.ini',
    text: lines.text,
    ...{ mode: 0o640, group: 'grafana', secret: true },
    reload: { rc: 'grafana', how: 'restart' },
  }
}

function databaseOf(instance: Instance, service: Deployed<GrafanaOptions>): Block {
  const [database] = service.options.database === 'postgresql' ? service.offers('postgresql', instance).values() : []
  if (database === undefined)
    return ini`
      type = sqlite3
      path = grafana.db
    `
  return ini`
    type = postgres
    host = ${`${database.host}:${database.port}`}
    name = ${database.database}
    user = ${database.user}
    password = ${database.password.reveal()}
    ssl_mode = disable
    max_open_conn = ${database.connections}
  `
}

/** usr/local/etc/php-fpm.conf: one pool, no larger than memory, cores and database sessions carry (PHP manual, FPM). */
import { madeBy } from '../../render/file.ts'
import { template } from '../../render/template.ts'
import type { Deployed, Instance, JailFile } from '../kind.ts'
import { offered } from './config.php.ts'
import type { NextcloudOptions } from './nextcloud.ts'

export const socket = '/var/run/nextcloud-fpm.sock'

const fpm = template<string | number>(value => {
  if (/["\\\n;]/.test(String(value))) throw new Error(`${String(value)} in php-fpm.conf: this is a bug in meshwright`)
  return String(value)
})

const mebibyte = 2 ** 20
/** MiB of one worker, and of all that is not a worker. */
const worker = 128
const rest = 256
/** A worker mostly waits for the database. */
const perCore = 8

/** At most so many requests at once: the least of what memory, cores and the database allow. */
function workersOf(instance: Instance, service: Deployed<NextcloudOptions>): number {
  const { memory, cpus } = instance.jail.spec
  const cores = cpus ?? instance.host.spec.cpus
  return Math.max(
    2,
    Math.min(
      Math.floor(((memory ?? 0) / mebibyte - rest) / worker),
      offered('postgresql', instance, service).connections,
      cores === null ? Infinity : cores * perCore,
    ),
  )
}

export function renderFpm(instance: Instance, service: Deployed<NextcloudOptions>): JailFile {
  const { options } = service
  const cache = offered('redis', instance, service)
  const workers = workersOf(instance, service)
  const spare = Math.max(1, Math.floor(workers / 4))
  const upload = Math.ceil(options.upload / mebibyte)
  const content = fpm`
    ; ${madeBy}
    [global]
    pid = /var/run/php-fpm.pid
    error_log = syslog

    [nextcloud]
    user = www
    group = www
    listen = ${socket}
    listen.owner = www
    listen.group = www
    listen.mode = 0660
    pm = dynamic
    pm.max_children = ${workers}
    pm.start_servers = ${spare}
    pm.min_spare_servers = ${spare}
    pm.max_spare_servers = ${Math.min(workers, spare * 2)}
    pm.max_requests = 1000
    pm.status_path = /fpm-status
    ping.path = /fpm-ping
    request_terminate_timeout = ${options.timeout}s
    clear_env = yes
    env[PATH] = /usr/local/bin:/usr/bin:/bin
    php_admin_value[memory_limit] = 512M
    php_admin_value[upload_max_filesize] = ${upload}M
    php_admin_value[post_max_size] = ${upload}M
    php_admin_value[max_execution_time] = ${options.timeout}
    php_admin_value[max_input_time] = ${options.timeout}
    php_admin_flag[output_buffering] = off
    ; Every node knows every session.
    php_admin_value[session.save_handler] = redis
    php_admin_value[session.save_path] = "tcp://${cache.host}:${cache.port}?auth[]=${cache.user}&auth[]=${cache.password.reveal()}"
  `
  return {
    path: 'usr/local/etc/php-fpm.conf',
    text: content.text,
    mode: 0o600,
    secret: true,
    reload: { rc: 'php_fpm', how: 'reload' },
  }
}

/** Read at the start of PHP, by the pool and by cron alike. */
export const renderPhpIni = ({ role }: Instance): JailFile => ({
  path: 'usr/local/etc/php/zz-meshwright.ini',
  text: fpm`
    ; ${madeBy}
    memory_limit = 512M
    apc.enable_cli = 1
    opcache.memory_consumption = 256
    opcache.interned_strings_buffer = 16
    opcache.max_accelerated_files = 20000
    opcache.revalidate_freq = 10
  `.text,
  mode: 0o644,
  secret: false,
  reload: role === 'app' ? { rc: 'php_fpm', how: 'reload' } : null,
})

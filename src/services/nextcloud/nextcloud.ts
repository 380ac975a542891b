/** Nextcloud: nginx and PHP in every region, files in S3, and locks, sessions and one database shared by all. */
import * as z from 'zod'
import { error } from '../../../topology/diagnostic.ts'
import { domain, size, userName } from '../../load/fields.ts'
import { madeBy } from '../../render/file.ts'
import { defineKind, type JailContent, type JailFile } from '../kind.ts'
import { renderAdmin, renderConfig, root } from './config.php.ts'
import { httpPort, renderNginx } from './nginx.conf.ts'
import { renderFpm, renderPhpIni } from './php-fpm.conf.ts'
import { firstStart, renderHelper } from './setup.sh.ts'

const options = {
  domain: domain.describe('The name people know it by'),
  'more-domains': z.array(domain).default([]).describe('Other names it answers to'),
  scheme: z.enum(['https', 'http']).default('https').describe('What the edge speaks with browsers'),
  php: z.enum(['83', '84', '82']).default('83').describe('Flavour of the packages'),
  'admin-user': userName.default('admin').describe('Its password is in /usr/local/etc/meshwright/nextcloud-admin'),
  upload: size.default(10 * 2 ** 30).describe('The largest file that is taken in one piece'),
  timeout: z.int().min(30).max(86_400).default(3600).describe('Seconds that one request may take'),
  'maintenance-window': z.int().min(0).max(23).default(1).describe('Hour of UTC from which heavy work is done'),
  'phone-region': z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be two capital letters, as in NL')
    .optional(),
  internet: z.boolean().default(false).describe('It may fetch from the world: news, federation, calendars'),
}
export type NextcloudOptions = z.output<z.ZodObject<typeof options>>

/** status.php answers 200 before there is anything to serve, too. */
const ready = '"installed":true,"maintenance":false'

/** A cache that says it is not one for all. */
const local = z.object({ shape: z.literal('local') })

export const nextcloud = defineKind({
  kind: 'nextcloud',
  summary: 'Nextcloud in every region, with its files in S3 and its locks in a shared cache',
  versions: ['31', '32'],
  options,
  offers: ['http'],
  needs: () => [
    { capability: 'postgresql', roles: ['app', 'cron'] },
    { capability: 'redis', roles: ['app', 'cron'] },
    { capability: 's3', roles: ['app', 'cron'] },
  ],
  *check(service) {
    const cache = service.uses.get('redis')?.[0]
    if (cache !== undefined && local.safeParse(cache.options).success)
      yield error(
        'service-option',
        `${service.name} keeps its locks in ${cache.name}, and every region of that has its own`,
        { ...service.place, key: true },
        `Two regions would write the same file at once: give ${cache.name} shape: shared, or name another by uses: {redis: …}.`,
      )
  },
  roles: () => {
    const talksTo = [
      { capability: 'postgresql' as const, weight: 10 },
      { capability: 'redis' as const, weight: 8 },
      { capability: 's3' as const, weight: 3 },
    ]
    return [
      {
        name: 'app',
        count: 'per-region',
        spread: [{ by: 'host', max: 1, hard: true }],
        demand: { cpu: 100, memory: 2048, disk: 8192 },
        talksTo,
        serves: [{ capability: 'http', ports: [`${httpPort}/tcp`] }],
        probe: { kind: 'http', port: httpPort, path: '/status.php', expect: [200], body: ready },
      },
      {
        name: 'cron',
        count: 1,
        // Its jobs wait until it is back.
        resilience: { kind: 'stateless' },
        demand: { cpu: 50, memory: 768, disk: 8192 },
        talksTo,
        probe: { kind: 'process', rc: 'cron' },
      },
    ]
  },
  flows: ({ options: { internet } }) =>
    internet
      ? ['app', 'cron'].map(role => ({
          ...{ from: { role }, to: { word: 'outside' }, ports: ['80/tcp', '443/tcp'] },
          why: 'news, federation, calendars',
        }))
      : [],
  render(instance, service): JailContent {
    const code = service.options.php
    const common = [
      renderConfig(instance, service),
      renderAdmin(service),
      renderHelper(service),
      renderPhpIni(instance),
    ]
    const packages = [
      `nextcloud-php${code}`,
      ...['pgsql', 'pdo_pgsql', 'opcache', 'pecl-redis', 'pecl-APCu'].map(name => `php${code}-${name}`),
    ]
    if (instance.role === 'cron') return { files: [...common, renderCron()], rc: { cron_enable: 'YES' }, packages }
    return {
      files: [...common, renderFpm(instance, service), renderNginx(instance, service)],
      rc: { php_fpm_enable: 'YES', nginx_enable: 'YES' },
      packages: [...packages, 'nginx'],
    }
  },
  firstStart,
  offer: (_, { options: { domain: called, 'more-domains': more }, ...service }) =>
    ({
      domains: [called, ...more],
      servers: service.instances('app').map(({ host, jail }) => ({
        name: host.name,
        host: jail.address.inet.text,
        port: httpPort,
      })),
      check: { ...{ path: '/status.php', status: 200 }, body: ready },
      // Sessions are in the cache: any node will do.
      sticky: null,
    }) as never,
})

/** crontab(5) with a user, as cron(8) reads it from this directory. */
const renderCron = (): JailFile => ({
  path: 'usr/local/etc/cron.d/nextcloud',
  text: `# ${madeBy}\n*/5\t*\t*\t*\t*\twww\t/usr/local/bin/php -f ${root}/cron.php\n`,
  mode: 0o644,
  secret: false,
  reload: null,
})

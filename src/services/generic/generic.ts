/** Any jail with packages, ports, files and flows: for what no kind of its own exists yet. */
import * as z from 'zod'
import { error } from '../../../topology/diagnostic.ts'
import { port, printable, reference, service as portField, size } from '../../load/fields.ts'
import { SecretText } from '../../keys/secret-text.ts'
import { madeBy } from '../../render/file.ts'
import { below } from '../declare.ts'
import { servingRoles } from '../expand.ts'
import { defineKind, type JailFile } from '../kind.ts'
import { serviceText } from '../../../topology/port.ts'
import { isUnderlayWord } from '../../../topology/reference.ts'

const path = z
  .string()
  .regex(/^(?:\/[A-Za-z0-9._][A-Za-z0-9._-]*)+$/, 'must be an absolute path of letters, digits, dots, dashes')
  .refine(text => !text.split('/').some(part => part === '.' || part === '..'), 'must not hold . or ..')
const word = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}$/, 'must be one word')
const setting = z.string().regex(/^[^"$`\\\p{Cc}]*$/u, 'must not hold quotes, dollars, backslashes or line breaks')

/** Files and directories of a jail that the frame writes, and lines of its rc.conf. */
const ownPaths = [
  ...['/etc/rc.conf', '/etc/hosts', '/etc/resolv.conf'],
  ...['/usr/local/etc/meshwright', '/usr/local/libexec/meshwright'],
]
const ownSettings = ['hostname', 'defaultrouter', 'ipv6_defaultrouter', /^ifconfig_/]

export const generic = defineKind({
  kind: 'generic',
  summary: 'A jail with packages, ports, files and flows of your own',
  versions: ['1'],
  options: {
    count: z.union([z.int().min(1).max(99), z.enum(['everywhere', 'per-region'])]).default(1),
    spread: z.enum(['host', 'provider', 'region']).default('region').describe('At most one in each, where possible'),
    class: z.enum(['core', 'edge', 'build', 'weak']).default('core').describe('The class of host it likes best'),
    ports: z.array(portField).default([]).describe('Ports it serves: 8080/tcp'),
    from: z.array(reference).default([]).describe('Who may reach these ports'),
    reaches: z
      .array(z.strictObject({ to: reference, ports: z.array(portField).min(1), why: printable.default('') }))
      .default([])
      .describe('Whom it may reach'),
    needs: z
      .array(z.enum(['postgresql', 'mysql', 'redis', 's3', 'http']))
      .default([])
      .describe('What it needs of other services; how to reach it is in /usr/local/etc/meshwright/NAME.env'),
    packages: z.array(word).default([]).describe('Packages, as pkg(8) knows them'),
    rc: z
      .record(z.string().regex(/^[a-z_][a-z0-9_]*$/), setting)
      .default({})
      .describe('Lines of its rc.conf'),
    files: z
      .record(
        path,
        z.strictObject({
          text: z.string().max(2 ** 20),
          mode: z.enum(['0600', '0640', '0644', '0700', '0755']).default('0644'),
          owner: word.default('root'),
          group: word.default('wheel'),
          reload: z
            .string()
            .regex(/^[a-z_][a-z0-9_]*$/)
            .optional()
            .describe('rc(8) script that is told of a change'),
        }),
      )
      .default({})
      .describe('Files in the jail, by absolute path'),
    memory: size.default(256 * 2 ** 20),
    disk: size.default(2 * 2 ** 30),
    cpus: z.number().min(0.01).max(1024).default(0.1),
    check: z
      .strictObject({
        port,
        path: z
          .string()
          .regex(/^\/\S*$/)
          .optional(),
        status: z.int().min(100).max(599).default(200),
      })
      .optional()
      .describe('How its health is asked for: a TCP port, or a path and status of HTTP'),
    domains: z.array(z.string()).default([]).describe('Names an edge sends to it, at the port of check:'),
    state: z.array(path).default([]).describe('Directories that must not be lost'),
  },
  offers: ['http'],
  needs: ({ needs }) => [...new Set(needs)].map(capability => ({ capability, roles: ['app'] })),
  *check(service) {
    const { from, ports, files, domains, check } = service.options
    if (from.length > 0 && ports.length === 0)
      yield error('service-option', `${service.name} names who may reach it, but no ports`, below(service, 'from'))
    if (domains.length > 0 && check?.path === undefined)
      yield error(
        'service-option',
        `${service.name} has domains, but an edge does not know how to ask it`,
        below(service, 'domains'),
        'Add check: {port: 8080, path: /}.',
      )
    const said = Object.keys(files)
    for (const file of said) {
      const at = { ...below(service, 'files', file), key: true as const }
      if (ownPaths.some(own => file === own || file.startsWith(`${own}/`)))
        yield error('service-option', `${file} is meshwright's own`, at)
      const inside = said.find(other => other.startsWith(`${file}/`))
      if (inside !== undefined) yield error('service-option', `${file} is a file, and ${inside} is in it`, at)
    }
    for (const key of Object.keys(service.options.rc))
      if (ownSettings.some(own => (typeof own === 'string' ? own === key : own.test(key))))
        yield error('service-option', `${key} is meshwright's own`, { ...below(service, 'rc', key), key: true })
    for (const giver of service.uses.get('http') ?? [])
      if (servingRoles(giver, 'http').length === 0)
        yield error(
          'service-option',
          `${giver.name} does not say how it is asked`,
          { ...service.place, key: true },
          'Give it check: {port: 8080, path: /}.',
        )
  },
  roles: ({ options }) => [
    {
      name: 'app',
      count: options.count,
      spread: [{ by: options.spread, max: 1, hard: false }],
      resilience: { kind: options.count === 1 ? 'single' : 'stateless' },
      demand: {
        cpu: Math.round(options.cpus * 100),
        memory: Math.ceil(options.memory / 2 ** 20),
        disk: Math.ceil(options.disk / 2 ** 20),
      },
      prefers: options.class,
      moveCost: options.state.length > 0 ? 100 : 1,
      ...(options.check !== undefined && {
        serves: [{ capability: 'http', ports: [`${options.check.port}/tcp`] }],
      }),
      publicPorts: options.from.some(isUnderlayWord) ? options.ports.map(serviceText) : [],
      probe:
        options.check === undefined
          ? { kind: 'process', rc: 'cron' }
          : options.check.path === undefined
            ? { kind: 'tcp', port: options.check.port }
            : { kind: 'http', port: options.check.port, path: options.check.path, expect: [options.check.status] },
      state: options.state,
    },
  ],
  flows: ({ options }) => [
    ...(options.ports.length === 0
      ? []
      : options.from.map(from => ({
          from: { word: from },
          to: { role: 'app' },
          ports: options.ports.map(serviceText),
          why: 'served by it',
        }))),
    ...options.reaches.map(({ to, ports, why }) => ({
      from: { role: 'app' },
      to: { word: to },
      ports: ports.map(serviceText),
      why,
    })),
  ],
  render: (instance, service) => ({
    files: [
      ...[...new Set(service.options.needs)].map(capability =>
        environmentOf(capability, service.offers(capability, instance)),
      ),
      ...Object.entries(service.options.files).map(([name, file]): JailFile => ({
        path: name.slice(1),
        text: file.text.endsWith('\n') ? file.text : `${file.text}\n`,
        mode: Number.parseInt(file.mode, 8) as JailFile['mode'],
        owner: file.owner,
        group: file.group,
        secret: (Number.parseInt(file.mode, 8) & 0o004) === 0,
        reload: file.reload === undefined ? null : { rc: file.reload, how: 'reload' },
      })),
    ],
    rc: service.options.rc,
    packages: service.options.packages,
  }),
  offer: (_, service) =>
    ({
      domains: service.options.domains,
      servers: service.instances('app').map(({ host, jail }) => ({
        name: host.name,
        host: jail.address.inet.text,
        port: service.options.check?.port ?? 80,
      })),
      check: { path: service.options.check?.path ?? '/', status: service.options.check?.status ?? 200 },
      sticky: null,
    }) as never,
})

/** Several in one line: names as they are, servers as HOST:PORT. */
const wordsOf = (values: readonly unknown[]): string =>
  values
    .map(value => {
      const { host, port: at } = value as { readonly host?: string; readonly port?: number }
      return host === undefined ? String(value) : `${host.includes(':') ? `[${host}]` : host}:${at ?? ''}`
    })
    .join(' ')

/** What another service tells a client, as lines that sh(1) and most programs can read: `POSTGRESQL_HOST='10.64.1.30'`. */
function environmentOf(capability: string, offers: ReadonlyMap<string, object>): JailFile {
  const lines = [...offers.values()].flatMap(offer =>
    Object.entries(offer).flatMap(([key, value]: [string, unknown]) => {
      const text = value instanceof SecretText ? value.reveal() : Array.isArray(value) ? wordsOf(value) : value
      if (typeof text !== 'string' && typeof text !== 'number') return []
      const name = `${capability}_${key.replaceAll(/[A-Z]/g, letter => `_${letter}`)}`.toUpperCase()
      return [`${name}='${String(text).replaceAll("'", "'\\''")}'`]
    }),
  )
  return {
    path: `usr/local/etc/meshwright/${capability}.env`,
    text: `# ${madeBy}\n${lines.map(line => `${line}\n`).join('')}`,
    mode: 0o600,
    secret: true,
    reload: null,
  }
}

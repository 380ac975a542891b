/**
 * usr/local/etc/namedb/named.conf (named.conf(5)): who serves which zone from where. Keys lie beside it in keys.conf,
 * and rndc.conf(5) holds the one that rndc(8) of the same jail uses.
 */
import { madeBy } from '../../render/file.ts'
import { block } from '../../render/template.ts'
import type { Deployed, Instance, JailFile } from '../kind.ts'
import type { BindOptions } from './options.ts'
import { primaryDirectory } from './zone.db.ts'
import { zonesOf } from './zones.ts'

const directory = 'usr/local/etc/namedb'
export const statisticsPort = 8053

/** One key for each secondary, by its host: who loses one loses one. Two labels, because a label has 63 bytes at most. */
const transferKey = (secondary: Instance): string => `${secondary.host.name}.transfer`

export function renderNamedConf(instance: Instance, service: Deployed<BindOptions>): JailFile {
  const { mesh, options } = service
  const { inet, inet6 } = instance.jail.address
  const zones = zonesOf(service)
  const lines = [
    `// ${madeBy}`,
    `include "/${directory}/keys.conf";`,
    '',
    'acl "mesh" {',
    `  ${mesh.overlay.inet.text};`,
    `  ${mesh.overlay.inet6.text};`,
    '};',
    '',
    ...(instance.role === 'primary' ? [] : primaryList(instance, service)),
    'options {',
    `  directory "/${directory}/working";`,
    '  pid-file "/var/run/named/pid";',
    `  listen-on port 53 { ${inet.text}; };`,
    `  listen-on-v6 port 53 { ${inet6.text}; };`,
    '  allow-query { "mesh"; };',
    '  recursion no;',
    // It asks nobody, and so has nothing to validate.
    '  dnssec-validation no;',
    ...(instance.role === 'primary' ? toSecondaries(service) : fromPrimary(instance)),
    '  minimal-responses yes;',
    '  minimal-any yes;',
    '  version none;',
    '  hostname none;',
    '  server-id none;',
    // Forged questions of the world must not become answers to somebody else.
    ...(options.public
      ? ['  rate-limit {', '    responses-per-second 20;', '    exempt-clients { "mesh"; };', '  };']
      : []),
    '};',
    '',
    'controls {',
    `  inet ${inet.text} port 953 allow { ${inet.text}; } keys { "rndc"; };`,
    '};',
    '',
    'statistics-channels {',
    `  inet ${inet.text} port ${statisticsPort} allow { "mesh"; };`,
    '};',
    ...zones.flatMap(zone => [
      '',
      `zone "${zone.name}" {`,
      ...(instance.role === 'primary'
        ? ['  type primary;', `  file "/${primaryDirectory}/${zone.name}";`]
        : ['  type secondary;', `  file "/${directory}/secondary/${zone.name}";`, '  primaries { "primary"; };']),
      ...(zone.public ? ['  allow-query { any; };'] : []),
      '};',
    ]),
  ]
  const text = block(lines).text
  const missing = undefinedKeys(
    text,
    keysOf(instance, service).map(([name]) => name),
  )
  if (missing.length > 0) throw new Error(`no key ${missing.join(', ')}: this is a bug in meshwright`)
  return {
    path: `${directory}/named.conf`,
    text,
    mode: 0o644,
    secret: false,
    reload: { rc: 'named', how: 'reload' },
  }
}

/** Whoever holds a key is told of changes and may copy; nobody else. */
function toSecondaries(service: Deployed): readonly string[] {
  const secondaries = service.instances('secondary')
  return secondaries.length === 0
    ? ['  notify no;', '  allow-transfer { none; };']
    : [
        '  notify explicit;',
        '  also-notify {',
        ...secondaries.flatMap(secondary => remote(secondary, transferKey(secondary))),
        '  };',
        '  allow-transfer {',
        ...secondaries.map(secondary => `    key "${transferKey(secondary)}";`),
        '  };',
      ]
}

const fromPrimary = (instance: Instance): readonly string[] => [
  '  notify no;',
  '  allow-transfer { none; };',
  `  allow-notify { key "${transferKey(instance)}"; };`,
  // The copies can be read, and compared with what was rendered.
  '  masterfile-format text;',
]

const primaryList = (instance: Instance, service: Deployed): readonly string[] => [
  'primaries "primary" {',
  ...service.instances('primary').flatMap(primary => remote(primary, transferKey(instance))),
  '};',
  '',
]

const remote = ({ jail: { address } }: Instance, key: string): readonly string[] =>
  [address.inet, address.inet6].map(({ text }) => `    ${text} port 53 key "${key}";`)

/** Names and purposes of the keys that an instance holds. */
function keysOf(instance: Instance, service: Deployed): readonly (readonly [name: string, purpose: string])[] {
  const transfers = instance.role === 'primary' ? service.instances('secondary') : [instance]
  return [
    ['rndc', `rndc-${instance.host.name}`],
    ...transfers.map(secondary => [transferKey(secondary), `transfer-${secondary.host.name}`] as const),
  ]
}

const keyText = (name: string, purpose: string, { secrets }: Deployed): readonly string[] => [
  `key "${name}" {`,
  '  algorithm hmac-sha256;',
  `  secret "${secrets.base64(purpose, 32).reveal()}";`,
  '};',
]

export const renderKeys = (instance: Instance, service: Deployed): JailFile => ({
  path: `${directory}/keys.conf`,
  text: block([
    `// ${madeBy}`,
    ...keysOf(instance, service).flatMap(([name, purpose]) => keyText(name, purpose, service)),
  ]).text,
  mode: 0o640,
  group: 'bind',
  secret: true,
  // A new key of rndc(8) would not open a server that still has the old one.
  reload: { rc: 'named', how: 'restart' },
})

/** With it, the rc.d script makes no key of its own and finds this one. */
export const renderRndcConf = (instance: Instance, service: Deployed): JailFile => ({
  path: `${directory}/rndc.conf`,
  text: block([
    `# ${madeBy}`,
    ...keyText('rndc', `rndc-${instance.host.name}`, service),
    'options {',
    '  default-key "rndc";',
    `  default-server ${instance.jail.address.inet.text};`,
    '  default-port 953;',
    '};',
  ]).text,
  mode: 0o600,
  secret: true,
  reload: null,
})

/** Keys that a configuration uses and nobody defines: named-checkconf does not look at those of zones. */
export function undefinedKeys(conf: string, defined: readonly string[]): readonly string[] {
  const used = [...conf.matchAll(/\bkeys?\s+(?:\{\s*)?"([^"]+)"\s*;/g)].map(([, name = '']) => name)
  return [...new Set(used)].filter(name => !defined.includes(name)).toSorted()
}

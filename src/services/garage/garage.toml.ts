/** usr/local/etc/garage.toml and the secrets beside it (garage, reference manual, configuration file). */
import { madeBy } from '../../render/file.ts'
import { template } from '../../render/template.ts'
import { bearerOf, type Deployed, type Instance, type JailFile } from '../kind.ts'
import type { GarageOptions } from './garage.ts'
import { nodeOf } from './node.ts'

export const s3Port = 3900
export const rpcPort = 3901
const webPort = 3902
export const adminPort = 3903
export const s3Region = 'garage'
/** Garage writes here, and nowhere else. */
export const home = '/var/db/garage'
export const secretsDirectory = '/usr/local/etc/garage'

/** Basic strings, whole numbers, truth, and arrays of strings (TOML 1.0). */
const toml = template<string | number | boolean | readonly string[]>(value => {
  if (typeof value === 'object') return `[${value.map(quoted).join(', ')}]`
  return typeof value === 'string' ? quoted(value) : String(value)
})

function quoted(text: string): string {
  if (!/^[A-Za-z0-9 ._:/@[\]-]*$/.test(text))
    throw new Error(`${JSON.stringify(text)} in garage.toml: this is a bug in meshwright`)
  return `"${text}"`
}

/** Every node but those that may be gone: storage and gateways, by host. */
export const nodesOf = (service: Deployed): readonly Instance[] => [
  ...service.instances('storage'),
  ...service.instances('gateway'),
]

export function renderGarageToml(instance: Instance, service: Deployed<GarageOptions>): JailFile {
  const { options } = service
  const own = instance.jail.address.inet.text
  const others = nodesOf(service).filter(one => one !== instance)
  const content = toml`
    metadata_dir = ${`${home}/meta`}
    data_dir = ${`${home}/data`}
    db_engine = ${options.engine}
    metadata_auto_snapshot_interval = ${'6h'}
    replication_factor = ${replicationOf(service)}
    consistency_mode = ${options.consistency}
    rpc_bind_addr = ${`${own}:${rpcPort}`}
    rpc_public_addr = ${`${own}:${rpcPort}`}
    rpc_bind_outgoing = ${true}
    rpc_secret_file = ${`${home}/rpc_secret`}
    bootstrap_peers = ${others.map(one => `${nodeOf(one, service).id}@${one.jail.address.inet.text}:${rpcPort}`)}

    [s3_api]
    api_bind_addr = ${`${own}:${s3Port}`}
    s3_region = ${s3Region}

    [s3_web]
    bind_addr = ${`${own}:${webPort}`}
    root_domain = ${`.${service.name}.${service.mesh.domain}`}

    [admin]
    api_bind_addr = ${`${own}:${adminPort}`}
    admin_token_file = ${`${home}/admin_token`}
    metrics_token_file = ${`${home}/metrics_token`}
  `
  return {
    path: 'usr/local/etc/garage.toml',
    text: `# ${madeBy}\n${content.text}`,
    mode: 0o644,
    secret: false,
    reload: { rc: 'mesh_garage', how: 'restart' },
  }
}

/** No more copies than there are nodes to keep them. */
const replicationOf = (service: Deployed<GarageOptions>): number =>
  Math.min(service.options.replication, service.instances('storage').length)

/** Kept by root; the start puts copies that Garage may read where it looks for them. */
export function renderSecrets(instance: Instance, service: Deployed): readonly JailFile[] {
  const node = nodeOf(instance, service)
  const files: readonly (readonly [string, string])[] = [
    // Those of bytes are base64, which b64decode(1) of the base system undoes.
    ['node_key.b64', node.key.reveal()],
    ['node_key.pub.b64', node.publicKey],
    ['rpc_secret', service.secrets.hex('rpc', 32).reveal()],
    // For curl(1): a token among the arguments would be seen by everybody.
    ['admin.curl', `header = "Authorization: Bearer ${adminToken(service)}"`],
    ['admin_token', adminToken(service)],
    ['metrics_token', bearerOf(service, metricsPurpose).reveal()],
  ]
  return files.map(([name, text]) => ({
    path: `${secretsDirectory.slice(1)}/${name}`,
    text: `${text}\n`,
    mode: 0o600,
    secret: true,
    reload: { rc: 'mesh_garage', how: 'restart' },
  }))
}

const adminToken = (service: Deployed): string => service.secrets.text('admin-token', 43).reveal()
export const metricsPurpose = 'metrics-token'
/** In the jail, without the leading slash. */
export const metricsTokenFile = `${secretsDirectory.slice(1)}/metrics_token`

/** What root does before each start; a node that has a key keeps it. */
export const beforeStart: readonly string[] = [
  `install -d -o garage -m 0700 ${home}/meta ${home}/data`,
  ...['rpc_secret', 'admin_token', 'metrics_token'].map(
    name => `install -o garage -m 0600 ${secretsDirectory}/${name} ${home}/${name}`,
  ),
  `if [ ! -s ${home}/meta/node_key ]; then`,
  ...['node_key.pub', 'node_key'].flatMap(name => [
    `\t(umask 077; b64decode -r -o ${home}/meta/${name}.new ${secretsDirectory}/${name}.b64)`,
    `\tchown garage ${home}/meta/${name}.new`,
    `\tmv ${home}/meta/${name}.new ${home}/meta/${name}`,
  ]),
  'fi',
]

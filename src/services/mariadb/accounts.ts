/** Who connects to the servers: names, where from, and passwords. Names of the service's own have an underscore, so that no client is called like them. */
import { createHash } from 'node:crypto'
import type { SecretText } from '../../keys/secret-text.ts'
import { clientNames } from '../client-names.ts'
import type { Deployed, Instance } from '../kind.ts'

export const replicationUser = 'mesh_replication'
export const monitorUser = 'mesh_monitor'
/** Of the proxies' checks: no password, no privilege. */
export const checkUser = 'mesh_check'

export const clientPassword = (service: Deployed, name: string): SecretText => service.secrets.text(`client-${name}`)
export const replicationPassword = (service: Deployed): SecretText => service.secrets.text('replication')
export const monitorPassword = (service: Deployed): SecretText => service.secrets.text('monitor')

/** Both addresses of jails, in the order of the jails. */
export const addressesOf = (instances: readonly Instance[]): readonly string[] =>
  instances.flatMap(({ jail }) => [jail.address.inet.text, jail.address.inet6.text])

/** Clients by name, and the proxies beside them: the server sees those, not the clients. */
export function clientsOf(service: Deployed): ReadonlyMap<string, readonly Instance[]> {
  return new Map(
    clientNames(service).map(name => {
      const hosts = new Set(
        service.clients
          .filter(client => client.service.name === name)
          .flatMap(({ roles }) => roles.flatMap(role => service.instancesOf(name, role)))
          .map(({ host }) => host.name),
      )
      return [name, service.instances('proxy').filter(({ host }) => hosts.has(host.name))]
    }),
  )
}

/** What mysql_native_password keeps: `*` and the SHA-1 of the SHA-1, so that the password itself is in no file of the server. */
export function hashOf(password: SecretText): string {
  const sha1 = (data: Buffer | string) => createHash('sha1').update(data).digest()
  return `*${sha1(sha1(password.reveal())).toString('hex').toUpperCase()}`
}

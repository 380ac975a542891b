/** Every host and jail of a mesh with its full name: what a server of names knows. */
import type { Mesh } from '../../topology/mesh.ts'
import type { Address, PerFamily } from '../../topology/prefix.ts'

export interface Named {
  /** `tesla.mesh.example.net`, `app.tesla.mesh.example.net` */
  readonly fqdn: string
  readonly address: PerFamily<Address>
}

export const namesOf = (mesh: Mesh): readonly Named[] => mesh.hosts.flatMap(host => [host, ...host.jails])

/** Who stands where, for what is told together: a region that is down is one thing, not all of its hosts. */
import type { Fleet } from '../fleet.ts'

export interface Places {
  readonly mesh: string
  readonly regions: readonly { readonly name: string; readonly hosts: readonly string[] }[]
  /** What is cut off with these hosts: tunnels that end there, instances that live there. */
  cutOff(hosts: readonly string[]): { readonly tunnels: number; readonly instances: number }
}

export function placesOf({ mesh, regions, hosts, tunnels }: Fleet): Places {
  const numbers = new Map(hosts.map(({ name, number }) => [name as string, number] as const))
  return {
    mesh,
    regions: regions
      .filter(region => region.hosts.length > 0)
      .map(region => ({ name: region.name, hosts: region.hosts.flatMap(number => hosts[number]?.name ?? []) })),
    cutOff: names => {
      const lost = new Set(names.flatMap(name => numbers.get(name) ?? []))
      let ends = 0
      for (const number of lost)
        for (let tunnel = tunnels.start[number] ?? 0; tunnel < (tunnels.start[number + 1] ?? 0); tunnel += 1)
          // Counted at both of its ends when both are lost.
          ends += lost.has(tunnels.to[tunnel] ?? -1) ? 0.5 : 1
      const instances = [...lost].reduce((sum, number) => sum + (hosts[number]?.instances.length ?? 0), 0)
      return { tunnels: ends, instances }
    },
  }
}

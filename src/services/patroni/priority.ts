/** Which member should lead: where commits and the sessions of clients travel least, of those that are up to date. */
import { byText } from '../../../topology/names.ts'
import type { Deployed, Instance } from '../kind.ts'
import type { PatroniOptions } from './patroni.ts'

/** `failover_priority` came with Patroni 3.2 (release notes). */
export const knowsPriority = (version: string): boolean => version !== '3.1'

/**
 * `failover_priority` of a member: the highest leads when several have the same data. Never 0, which would forbid it.
 * A session costs a round trip to the primary, a commit one to the nearest standby.
 */
export function priorityOf(instance: Instance, service: Deployed<PatroniOptions>): number {
  const members = service.instances('postgres')
  const trip = (a: Instance, b: Instance): number =>
    a.host.region === b.host.region ? 0 : service.roundTrip(a.host.region, b.host.region).milliseconds
  const cost = (member: Instance): number => {
    const others = members.filter(one => one !== member)
    const commit = others.length === 0 ? 0 : Math.min(...others.map(other => trip(member, other)))
    return commit + service.instances('proxy').reduce((sum, proxy) => sum + trip(proxy, member), 0)
  }
  const { prefer } = service.options
  const wish = ({ host }: Instance): number => {
    const at = prefer.indexOf(host.region)
    return at === -1 ? prefer.length : at
  }
  const ranked = members.toSorted((a, b) => wish(a) - wish(b) || cost(a) - cost(b) || byText(a.host.name, b.host.name))
  return ranked.length - ranked.indexOf(instance)
}

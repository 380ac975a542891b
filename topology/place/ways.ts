/** Whom packets pass on their way between two hosts: gateways of regions, and relays. Whoever is lost there parts others. */
import { byText, type HostName } from '../names.ts'
import { direct, linkOf, type Ways } from './whatif.ts'

/** A pair without a tunnel of its own; hosts of one region, gateways of two, or any two of a full mesh. */
export interface Relayed {
  /** `a` is before `b` in the alphabet. */
  readonly a: string
  readonly b: string
  /** In the order from `a` to `b`. */
  readonly through: readonly string[]
}

export interface Carrying {
  readonly hosts: readonly {
    readonly name: string
    readonly region: string
    /** Joins its region to the others; of a full mesh nobody does. */
    readonly gateway: boolean
  }[]
  readonly relayed: readonly Relayed[]
}

export function waysOf({ hosts, relayed }: Carrying): Ways {
  const gateways = new Map(hosts.filter(host => host.gateway).map(({ name, region }) => [region, name as HostName]))
  if (gateways.size === 0 && relayed.length === 0) return direct
  const regionOf = new Map<string, string>(hosts.map(({ name, region }) => [name, region]))
  const relays = new Map(
    relayed.map(({ a, b, through }) => [linkOf(a as HostName, b as HostName), through as readonly HostName[]]),
  )
  const none: readonly HostName[] = []
  const near = (a: HostName, b: HostName): readonly HostName[] => {
    const through = relays.size === 0 ? undefined : relays.get(linkOf(a, b))
    return through === undefined ? none : a < b ? through : through.toReversed()
  }
  return (a, b) => {
    const [from, to] = [regionOf.get(a) ?? '', regionOf.get(b) ?? '']
    const [out, back] = [gateways.get(from), gateways.get(to)]
    if (from === to || out === undefined || back === undefined) return near(a, b)
    return [
      ...(a === out ? [] : [...near(a, out), out]),
      ...near(out, back),
      ...(b === back ? [] : [back, ...near(back, b)]),
    ]
  }
}

/** As {@link Relayed} wants it. */
export const relayedBy = (a: string, b: string, through: readonly string[]): Relayed =>
  byText(a, b) < 0 ? { a, b, through } : { a: b, b: a, through: through.toReversed() }

/** What an alert is (Prometheus, alerting rules), with the cases that prove it (promtool test rules). */

/** critical: somebody gets up at night; warning: somebody looks in the morning; none: nobody is told. */
export type Severity = 'critical' | 'none' | 'warning'

export interface Alert {
  readonly alert: string
  readonly expr: string
  /** Minutes for which it must hold. */
  readonly minutes: number
  readonly severity: Severity
  readonly summary: string
  /** What it means, in which units, and where to look. */
  readonly description: string
  readonly cases: readonly [Case, Case, ...Case[]]
}

/** Samples a minute, the first at second 0: `{'up{job="node"}': '1x5 0x10'}`. */
export type Series = Readonly<Record<string, string>>

export interface Case {
  readonly series: Series
  /** Minute from which on the condition holds, if it does; of one that never does, when it is looked at last; 0: long enough. */
  readonly from: number
  /** It is looked at then alone: it may have fired before. */
  readonly once?: true
  /** Labels of each that fires, and how its value is printed; none: it stays silent. */
  readonly fires: readonly { readonly labels: Readonly<Record<string, string>>; readonly value?: string }[]
}

export const fires = (
  series: Series,
  labels: Readonly<Record<string, string>>,
  { value, from = 0 }: { readonly value?: string; readonly from?: number } = {},
): Case => ({ series, from, fires: [{ labels, ...(value !== undefined && { value }) }] })

/** It has fired, and does no longer. */
export const over = (series: Series, from: number): Case => ({ series, from, once: true, fires: [] })

export const silent = (series: Series, from = 0): Case => ({ series, from, fires: [] })

/** What there is to alert of. */
export interface Facts {
  /** Somebody scrapes `meshwright serve`. */
  readonly served: boolean
  readonly regions: number
  /** Tunnels, and whether any of them is kept alive. */
  readonly tunnels: boolean
  readonly keepalive: boolean
  readonly jails: boolean
  /** Hosts share addresses by carp(4). */
  readonly carp: boolean
  readonly services: boolean
  /** Roles that lose their quorum with one member more than they can spare. */
  readonly quorums: readonly Quorum[]
  /** Prometheus jobs of the plan. */
  readonly jobs: ReadonlySet<string>
  /** Somebody probes; and public ports, too. */
  readonly probed: boolean
  readonly edges: boolean
  /** Services of Alertmanagers, and how many each has. */
  readonly managers: readonly { readonly service: string; readonly members: number }[]
}

export interface Quorum {
  readonly service: string
  readonly role: string
  readonly members: number
  readonly needed: number
}

/** Two servers that watch the same mesh, and labels of whom was asked, make no difference. */
const info = 'max by (host, region) (meshwright_host_info)'
const peerInfo = `label_replace(label_replace(${info}, "peer", "$1", "host", "(.*)"), "peer_region", "$1", "region", "(.*)")`
const peers = `max by (peer, peer_region) (${peerInfo})`

/** With the region of the host. */
export const inRegion = (expr: string): string => `(${expr}) * on (host) group_left (region) ${info}`
/** With the regions of both ends. */
export const inRegions = (expr: string): string => `${inRegion(expr)} * on (peer) group_left (peer_region) ${peers}`

/** Of tests: two hosts in two regions. */
export const two: Series = {
  'meshwright_host_info{host="tesla",region="west"}': '1x1500',
  'meshwright_host_info{host="bohr",region="usa"}': '1x1500',
}
export const tesla = { host: 'tesla', region: 'west' }
export const teslaToBohr = { ...tesla, peer: 'bohr', peer_region: 'usa' }
export const link = 'host="tesla",peer="bohr"'

/** Names by which Grafana finds dashboards and data sources, in every installation the same. */
import { createHash } from 'node:crypto'

/** At most 40 characters of letters, digits, dashes and underscores; dashboards find a source by it. */
export function uidOf(name: string): string {
  const uid = `meshwright-${name}`
  return uid.length <= 40 ? uid : `meshwright-${createHash('sha256').update(name).digest('hex').slice(0, 29)}`
}

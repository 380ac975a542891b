/** Round trips between regions: as given in mesh.yaml, else estimated from where the regions are. */
import type { RegionName } from './names.ts'
import { latencyKey, type RegionSpec } from './spec.ts'

interface RoundTrip {
  readonly milliseconds: number
  readonly estimated: boolean
}

export type RoundTrips = (a: RegionName, b: RegionName) => RoundTrip

/** Light in fibre covers 200 km a millisecond, there and back 100; cables run about half as far again as the crow flies. */
const kilometresPerMillisecond = 100
const detour = 1.5
const insideRegion = 1
/** Of a pair whose locations are not both given. */
const unknown = 100

export function roundTrips(regions: readonly RegionSpec[], given: ReadonlyMap<string, number>): RoundTrips {
  const locations = new Map(regions.map(region => [region.name, region.location]))
  return (a, b) => {
    const milliseconds = given.get(latencyKey(a, b))
    if (milliseconds !== undefined) return { milliseconds, estimated: false }
    if (a === b) return { milliseconds: insideRegion, estimated: true }
    const [from, to] = [locations.get(a), locations.get(b)]
    if (!from || !to) return { milliseconds: unknown, estimated: true }
    const estimate = insideRegion + (greatCircle(from, to) * detour) / kilometresPerMillisecond
    return { milliseconds: Math.round(estimate * 10) / 10, estimated: true }
  }
}

interface Location {
  readonly latitude: number
  readonly longitude: number
}

/** Kilometres over a sphere of the Earth's mean radius (haversine formula). */
function greatCircle(a: Location, b: Location): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180
  const half = (x: number) => Math.sin(x / 2) ** 2
  const h =
    half(radians(b.latitude - a.latitude)) +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * half(radians(b.longitude - a.longitude))
  return 2 * 6371 * Math.asin(Math.min(1, Math.sqrt(h)))
}

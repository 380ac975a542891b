/** Meshes for dashboards: the shipped one, and others of one host and of sixty. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Graph, graphOf, type Planned } from '../../src/export/graph.ts'
import { type Fleet, fleetOf } from '../../src/health/fleet.ts'
import { openMesh } from '../../src/load/open.ts'
import { planOf, specOf } from '../topology/fleet.ts'

export interface DrawnMesh {
  readonly graph: Graph
  readonly fleet: Fleet
}

const drawnOf = (planned: Planned): DrawnMesh => ({
  graph: graphOf(planned),
  fleet: fleetOf({ ...planned, files: new Map() }),
})

/** `more`: another service, in a line of YAML. */
export async function shippedMesh(directory = join(import.meta.dirname, '../..'), more = ''): Promise<DrawnMesh> {
  const path = 'mesh.yaml'
  const text = readFileSync(join(directory, path), 'utf8').replace(
    /^services:\n/m,
    services => `${services}  ${more}\n`,
  )
  const overrides = new Map(more === '' ? [] : [[path, text]])
  const opened = await openMesh({ directory, environment: {}, purpose: 'plan', fresh: true, overrides })
  if (opened.mesh === null) throw new Error(opened.diagnostics.map(({ message }) => message).join('\n'))
  return drawnOf(opened)
}

/** Regions of up to ten hosts; every other one has a location. */
export function sketchedMesh(
  count: number,
  located: (region: number) => boolean = region => region % 2 === 0,
): DrawnMesh {
  const regions = Array.from({ length: Math.ceil(count / 10) }, (_, region) => {
    const hosts = Math.min(10, count - region * 10)
    return Object.fromEntries(
      Array.from({ length: hosts }, (_, host) => [
        `h${region}-${host}`,
        { at: `198.51.${100 + region}.${host + 1}`, jails: ['web'] },
      ]),
    )
  })
  const sketched = specOf(Object.fromEntries(regions.map((hosts, region) => [`r${region}`, hosts])))
  const spec = {
    ...sketched,
    regions: sketched.regions.map((region, number) => ({
      ...region,
      location: located(number) ? { latitude: 10 * number - 20, longitude: 30 * number - 90 } : null,
    })),
  }
  return drawnOf({ ...planOf(spec), spec, services: null })
}

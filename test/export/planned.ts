/** Planned meshes that tests of exports begin with. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Opened, openMesh } from '../../src/load/open.ts'
import type { Planned } from '../../src/export/graph.ts'
import { type Fleet as Sketch, planOf, specOf } from '../topology/fleet.ts'

export const root = join(import.meta.dirname, '../..')
export const golden = (name: string): string => join(import.meta.dirname, 'golden', name)

/** The shipped mesh with all its services. `change`: of the text of its mesh.yaml. */
export async function shipped(change: (text: string) => string = text => text): Promise<Opened> {
  const overrides = new Map([['mesh.yaml', change(readFileSync(join(root, 'mesh.yaml'), 'utf8'))]])
  const opened = await openMesh({ directory: root, environment: {}, purpose: 'plan', fresh: true, overrides })
  if (opened.mesh === null) throw new Error(opened.diagnostics.map(({ message }) => message).join('\n'))
  return opened
}

/** Without services. */
export function sketched(sketch: Sketch, topology: 'full' | 'regional' = 'full'): Planned & Pick<Opened, 'before'> {
  const spec = specOf(sketch, { topology })
  return { ...planOf(spec), spec, services: null, before: null }
}

export const sketches: Readonly<Record<string, Sketch>> = {
  'one host': { home: { solo: { at: '203.0.113.1' } } },
  'a host behind NAT, and jails of the same name': {
    east: { a: { at: '203.0.113.1', jails: ['web', 'b'] }, b: { at: '203.0.113.2', jails: ['web', 'mail'] } },
    west: { c: { jails: ['a'] } },
  },
}

/** Numbers that rise with every change of a text, as the serial of a zone must; from the lock, never from a clock. */
import { createHash } from 'node:crypto'
import type { Lock, LockedSerial } from '../../topology/lock.ts'
import type { Mesh } from '../../topology/mesh.ts'
import { byText } from '../../topology/names.ts'
import { instancesOf } from './deploy.ts'
import type { ServicePlan } from './plan.ts'

/** Texts that are gone keep their number: whoever still has a copy must not take a new one for an old one. */
export function raisedSerials(plan: ServicePlan, mesh: Mesh): Lock['serials'] {
  const serials = new Map(plan.serials)
  for (const service of plan.services) {
    const counts = service.kind.counts?.({
      ...{ ...service, mesh },
      instances: role => instancesOf(service.name, role, mesh, plan),
    })
    if (counts === undefined || counts.size === 0) continue
    const known = new Map(plan.serials.get(service.name))
    for (const [name, text] of counts) known.set(name, raised(known.get(name), text))
    serials.set(service.name, new Map([...known].toSorted(([a], [b]) => byText(a, b))))
  }
  return new Map([...serials].toSorted(([a], [b]) => byText(a, b)))
}

function raised(before: LockedSerial | undefined, text: string): LockedSerial {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16)
  return before?.digest === digest ? before : { serial: (before?.serial ?? 0) + 1, digest }
}

/** `tests:` of mesh.yaml, held against the flows of the plan. */
import { type Diagnostic, error } from '../diagnostic.ts'
import { type End, type Flow, sendersOf, serversOf } from '../flow.ts'
import type { Mesh } from '../mesh.ts'
import { covers, type Service, serviceText } from '../port.ts'
import { directoryOf, type External, externalContains, isParty, type Party } from '../reference.ts'
import type { MeshSpec, TestSpec } from '../spec.ts'

export function* checkTests(mesh: Mesh, spec: MeshSpec): Iterable<Diagnostic> {
  const directory = directoryOf(mesh)
  for (const test of spec.tests) {
    const side = (key: 'from' | 'to') =>
      directory.resolve(test[key], { ...test.place, path: [...test.place.path, test.kind, key] })
    const [from, to] = [side('from'), side('to')]
    if (!isParty(from)) yield from
    if (!isParty(to)) yield to
    if (isParty(from) && isParty(to)) yield* checkTest(test, from, to, mesh.flows)
  }
}

function* checkTest(test: TestSpec, from: Party, to: Party, flows: readonly Flow[]): Iterable<Diagnostic> {
  const wanted = test.service
  const relevant = flows.filter(flow => wanted === null || flow.services.some(s => matches(test, s, wanted)))
  const reached = (sender: Side, server: Side): Flow | undefined =>
    relevant.find(flow => has(flow.from, sender, sendersOf) && has(flow.to, server, serversOf))
  if (test.kind === 'must-reach' && to.kind === 'members' && to.service) {
    const servers = endsOf(to, serversOf)
    const away = endsOf(from, sendersOf).find(sender => !servers.some(server => reached(sender, server) !== undefined))
    if (away !== undefined)
      yield failed(test, `${nameOf(away)} reaches no jail of ${to.word}${onPort(wanted)}`, 'Add a flow for it.')
    return
  }
  for (const sender of endsOf(from, sendersOf))
    for (const server of endsOf(to, serversOf)) {
      if (same(sender, server)) continue
      const flow = reached(sender, server)
      if (test.kind === 'must-reach' && flow === undefined) {
        yield failed(test, `${nameOf(sender)} cannot reach ${nameOf(server)}${onPort(wanted)}`, 'Add a flow for it.')
        return
      }
      if (test.kind === 'must-not-reach' && flow !== undefined) {
        yield failed(test, `${nameOf(sender)} reaches ${nameOf(server)}${onPort(wanted)}`, `The flow is ${flow.name}.`)
        return
      }
    }
}

const matches = (test: TestSpec, offered: Service, wanted: Service): boolean =>
  test.kind === 'must-reach' ? covers(offered, wanted) : covers(offered, wanted) || covers(wanted, offered)

type Side = External | End

const endsOf = (party: Party, expand: typeof sendersOf): readonly Side[] =>
  party.kind === 'external' ? [party] : expand(party)

const has = (party: Party, end: Side, expand: typeof sendersOf): boolean => {
  if (end.kind === 'external') return party.kind === 'external' && externalContains(party, end)
  return party.kind === 'members' && expand(party).some(other => same(other, end))
}

const same = (a: Side, b: Side): boolean => a.kind !== 'external' && b.kind !== 'external' && nameOf(a) === nameOf(b)

const nameOf = (end: Side): string =>
  end.kind === 'external' ? end.word : end.kind === 'host' ? end.host.name : `${end.jail.name}@${end.jail.host}`

const onPort = (service: Service | null): string => (service === null ? '' : ` on ${serviceText(service)}`)

const failed = (test: TestSpec, what: string, hint: string): Diagnostic =>
  error('test-failed', `${test.kind} ${test.from} to ${test.to}: ${what}`, test.place, hint)

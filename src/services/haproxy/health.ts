/** How a proxy is, by the servers behind it (HAProxy, addons/promex; 2.6 and later). */
import type { Finding, RoleHealth, Sample } from '../kind.ts'
import { labelOf, noMetrics, partOf, type Reading, readingOf, sample, shown, worse } from '../reading.ts'

/**
 * Which servers of a backend answer when all is well: `all`; `one`, the primary, while the others refuse by design;
 * `others`, all but that one.
 */
export type Normal = 'all' | 'one' | 'others'

const states = ['DOWN', 'UP', 'MAINT', 'DRAIN', 'NOLB']
const servers = 'haproxy_backend_agg_server_status'
/** Of backends that have no servers too. */
const backends = 'haproxy_backend_status'

/** More are counted and not listed. */
const listed = 12

interface Backend {
  readonly name: string
  readonly normal: Normal
  readonly up: number
  readonly total: number
}

/** `normal`: by backend; what is not named needs all. `imagined`: servers behind each of them in the demo. */
export const proxyHealth = (normal: Readonly<Record<string, Normal>> = {}, imagined = 3): RoleHealth => ({
  series: [servers, backends],

  read(samples): Finding {
    const given = readingOf(samples)
    const found = backendsOf(given, normal)
    if (found.length === 0)
      return given.all(backends).length === 0 ? noMetrics : { state: 'ok', word: 'nothing behind it' }
    const details = Object.fromEntries([
      ...found.slice(0, listed).map(one => [shown(one.name), `${partOf(one.up, wantedOf(one))} up`] as const),
      ...(found.length > listed ? [['more', `${found.length - listed}`] as const] : []),
    ])
    const nowhere = found.every(({ up }) => up === 0)
    const well: Finding = { state: 'ok', word: wordOf(found), details }
    return found.reduce((before, one) => judge(before, one, found.length > 1, nowhere), well)
  },

  imagine({ behind }): readonly Sample[] {
    const { members = imagined, reached = members, led = true } = behind ?? {}
    const names = Object.keys(normal)
    return (names.length === 0 ? ['site'] : names).flatMap(name => {
      const how = normal[name] ?? 'all'
      const up = how === 'all' ? reached : how === 'one' ? (led ? 1 : 0) : Math.max(0, reached - (led ? 1 : 0))
      const counts: Readonly<Record<string, number>> = { UP: up, DOWN: members - up }
      return [
        sample(backends, up > 0 ? 0 : 1, { proxy: name, state: 'DOWN' }),
        sample(backends, up > 0 ? 1 : 0, { proxy: name, state: 'UP' }),
        ...states.map(state => sample(servers, counts[state] ?? 0, { proxy: name, state })),
      ]
    })
  },
})

function backendsOf(given: Reading, normal: Readonly<Record<string, Normal>>): readonly Backend[] {
  const found = new Map<string, { up: number; total: number }>()
  for (const one of given.all(servers)) {
    const [name, state] = [labelOf(one, 'proxy'), labelOf(one, 'state')]
    if (!states.includes(state) || one.value < 0) continue
    const counted = found.get(name) ?? { up: 0, total: 0 }
    found.set(name, counted)
    counted.total += one.value
    if (state === 'UP') counted.up += one.value
  }
  return [...found]
    .map(([name, counts]) => ({
      name,
      ...counts,
      normal: Object.hasOwn(normal, name) ? (normal[name] ?? 'all') : 'all',
    }))
    .filter(one => wantedOf(one) > 0)
}

/** So many servers answer when all is well. */
const wantedOf = ({ normal, total }: Pick<Backend, 'normal' | 'total'>): number =>
  normal === 'all' ? total : normal === 'one' ? Math.min(1, total) : total - 1

/** Of a proxy whose servers all answer as they should. */
function wordOf(found: readonly Backend[]): string {
  if (found.some(({ normal }) => normal === 'one')) return 'reaches the primary'
  const total = found.reduce((sum, { total: n }) => sum + n, 0)
  return `${total} of ${total} servers`
}

function judge(before: Finding, one: Backend, several: boolean, nowhere: boolean): Finding {
  const { normal, up } = one
  const wanted = wantedOf(one)
  switch (normal) {
    case 'one':
      if (up === 0) return worse(before, 'bad', 'no primary')
      // Checks need a few rounds to see a primary step down: it is no news of the primaries themselves.
      return up > 1 ? worse(before, 'warn', `${up} primaries`) : before
    case 'others':
      if (up >= wanted) return before
      return worse(before, 'warn', up === 0 ? 'no replica' : `${partOf(up, wanted)} replicas`)
    case 'all':
      if (up >= wanted) return before
      if (up === 0)
        return worse(before, nowhere ? 'bad' : 'warn', nowhere ? 'no server' : `${shown(one.name, 12)}: no server`)
      return worse(before, 'warn', `${several ? `${shown(one.name, 8)}: ` : ''}${partOf(up, wanted)} servers`)
  }
}

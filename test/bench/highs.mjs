// A second opinion: the same placement problem as mixed-integer programs for HiGHS, one per term of the objective. Each
// keeps to the optima of those before it. Shares nothing with topology/place but the statement of the problem.
import loadHighs from 'highs'

export const levels = [
  'moves',
  'spread region',
  'spread provider',
  'spread host',
  'latency',
  'preference',
  'memory',
  'cpu',
]
const highs = await loadHighs()
const resources = ['memory', 'cpu', 'disk']
const kinds = ['region', 'provider', 'host']
const domainOf = (site, by) => site[by]

/** Optima term by term; a null stands for one that was not proved in time, and ends the list. Null: infeasible. */
export function referee(problem, seconds = 2) {
  const { lines, bounds, binaries, integers, objectives } = model(problem)
  const optima = []
  for (const terms of objectives) {
    if (terms.length === 0) {
      optima.push(0)
      continue
    }
    const text = [
      ...['Minimize', ` obj: ${sumOf(terms)}`, 'Subject To', ...lines, 'Bounds', ...bounds],
      ...['General', ` ${integers.join(' ')}`, 'Binary', ` ${binaries.join(' ')}`, 'End'],
    ].join('\n')
    const { Status, ObjectiveValue } = highs.solve(text, { time_limit: seconds, mip_rel_gap: 0, mip_abs_gap: 0.5 })
    if (Status === 'Infeasible') return null
    if (Status !== 'Optimal') return [...optima, null]
    const optimum = Math.round(ObjectiveValue)
    optima.push(optimum)
    lines.push(` best${optima.length}: ${sumOf(terms)} <= ${optimum}`)
  }
  return optima
}

const sumOf = terms => terms.map(([weight, name]) => `${weight < 0 ? '-' : '+'} ${Math.abs(weight)} ${name}`).join(' ')

function model({ sites, roles, roundTrip, current }) {
  const lines = []
  const bounds = []
  const binaries = []
  const integers = ['peak_memory', 'peak_cpu']
  const objectives = levels.map(() => [])
  let rows = 0
  const row = (terms, relation, value) => {
    if (terms.length > 0) lines.push(` c${(rows += 1)}: ${sumOf(terms)} ${relation} ${value}`)
  }
  const index = new Map(roles.map((role, r) => [role.id, r]))
  const x = (r, s) => `x_${r}_${s}`
  const at = (r, where = () => true) => sites.flatMap((site, s) => (where(site) ? [[1, x(r, s)]] : []))
  const isFollower = role => role.count.kind === 'with'

  for (const [r, role] of roles.entries()) {
    const allowed = sites.filter(site => allows(role, site))
    for (const [s, site] of sites.entries()) {
      binaries.push(x(r, s))
      if (!allowed.includes(site)) row([[1, x(r, s)]], '=', 0)
      if (!isFollower(role)) continue
      const leaders = role.count.roles.map(id => index.get(id))
      for (const leader of leaders) row([[1, x(r, s)], [-1, x(leader, s)]], '>=', 0) // prettier-ignore
      row([[1, x(r, s)], ...leaders.map(leader => [-1, x(leader, s)])], '<=', 0)
    }
    if (!isFollower(role)) row(at(r), '=', role.count.instances)
    for (const { by, max, hard } of role.spread)
      for (const domain of new Set(sites.map(site => domainOf(site, by)))) {
        const here = at(r, site => domainOf(site, by) === domain)
        if (hard) row(here, '<=', max)
        else {
          const over = `e_${r}_${objectives[1 + kinds.indexOf(by)].length}_${by}`
          row([...here, [-1, over]], '<=', max)
          objectives[1 + kinds.indexOf(by)].push([1, over])
        }
      }
    if (role.voters && role.count.instances > 1)
      for (const [by, most] of quorumCaps(role, roles, sites))
        for (const domain of new Set(sites.map(site => site[by])))
          row(
            at(r, site => site[by] === domain),
            '<=',
            most,
          )
    // What does not stay pays; a host that is gone pays in any case.
    for (const host of current.get(role.id) ?? [])
      objectives[0].push([role.moveCost, `gone_${r}_${sites.findIndex(site => site.host === host)}`])
    for (const host of current.get(role.id) ?? []) {
      const s = sites.findIndex(site => site.host === host)
      row([[1, `gone_${r}_${s}`], [1, x(r, s)]], '>=', 1) // prettier-ignore
    }
    for (const id of role.apart)
      for (const s of sites.keys()) row([[1, x(r, s)], [1, x(index.get(id), s)]], '<=', 1) // prettier-ignore
    for (const [s, site] of sites.entries())
      if (role.prefers === null ? site.class === 'weak' : site.class !== role.prefers) objectives[5].push([1, x(r, s)])
  }
  for (const [s, site] of sites.entries())
    for (const what of resources) {
      if (site.free[what] === null) continue
      const used = roles.flatMap((role, r) => (role.demand[what] > 0 ? [[role.demand[what], x(r, s)]] : []))
      row(used, '<=', site.free[what])
      if (what !== 'disk')
        row([...used.map(([d, name]) => [1000 * d, name]), [-site.free[what], `peak_${what}`]], '<=', 0)
    }
  objectives[6].push([1, 'peak_memory'])
  objectives[7].push([1, 'peak_cpu'])

  const regions = [...new Set(sites.map(site => site.region))]
  let talks = 0
  for (const [from, role] of roles.entries())
    for (const { role: id, weight } of role.talksTo) {
      const to = index.get(id)
      if (to === undefined || to === from) continue
      const talk = (talks += 1)
      for (const [s, site] of sites.entries()) {
        // Every instance is served by one region, which must have somebody to serve it.
        row([[1, x(from, s)], ...regions.map((_, g) => [-1, `z_${talk}_${s}_${g}`])], '=', 0)
        for (const [g, region] of regions.entries()) {
          const there = at(to, other => other.region === region).map(([, name]) => [-1, name])
          row([[1, `z_${talk}_${s}_${g}`], ...there], '<=', 0)
          objectives[4].push([weight * roundTrip(site.region, region), `z_${talk}_${s}_${g}`])
        }
      }
    }
  return { lines, bounds, binaries, integers, objectives }
}

const allows = (role, site) =>
  !site.drained &&
  (role.arch.length === 0 || role.arch.includes(site.arch)) &&
  role.labels.every(label => site.labels.includes(label)) &&
  (role.hosts === null || role.hosts.includes(site.host)) &&
  (role.regions === null || role.regions.includes(site.region))

/** By looking at every set of hosts: the fewest in one region, and with that the fewest at one provider. */
function quorumCaps(role, roles, sites) {
  const followers = roles.filter(other => other.count.kind === 'with' && other.count.roles.includes(role.id))
  const allowed = sites.filter(site => [role, ...followers].every(one => allows(one, site)))
  const most = (set, by) => Math.max(...set.map(a => set.filter(b => b[by] === a[by]).length))
  let best = null
  const grow = (set, from) => {
    if (set.length === role.count.instances) {
      const found = [most(set, 'region'), most(set, 'provider')]
      if (best === null || found[0] < best[0] || (found[0] === best[0] && found[1] < best[1])) best = found
      return
    }
    for (let i = from; i < allowed.length; i += 1) grow([...set, allowed[i]], i + 1)
  }
  grow([], 0)
  return best === null ? [] : [['region', best[0]], ['provider', best[1]]] // prettier-ignore
}

/** Which request goes to which service: the domains of the services and the routes of the edge, the most specific first. */
import * as z from 'zod'
import { byText } from '../../../topology/names.ts'
import type { Service } from '../kind.ts'
import type { RouteOption } from './options.ts'

export interface Route {
  /** `wiki.example.org`, `*.example.org`; null: any name. */
  readonly host: string | null
  /** `/api` and what is below; null: any path. */
  readonly path: string | null
  readonly header: { readonly name: string; readonly value: string } | null
  readonly to: string
  readonly strip: boolean
}

/** Kinds that offer `http` keep the names of their applications in options of these names. */
const withDomains = z.object({
  domain: z.string().optional(),
  domains: z.array(z.string()).default([]),
  'more-domains': z.array(z.string()).default([]),
})

export const domainsOf = (service: Service): readonly string[] => {
  const read = withDomains.safeParse(service.options)
  if (!read.success) return []
  const { domain, domains, 'more-domains': more } = read.data
  return [...(domain === undefined ? [] : [domain]), ...domains, ...more]
}

/** `domains`: of each service, those it offers. The first route that fits decides, so the order is the meaning. */
export function routesOf(
  said: readonly RouteOption[],
  domains: ReadonlyMap<string, readonly string[]>,
): readonly Route[] {
  const own = said.map(({ host = null, path = null, header = null, to, strip }): Route => ({
    host,
    path: path === '/' ? null : path,
    ...{ header, to, strip },
  }))
  const ofServices = [...domains].flatMap(([to, names]) =>
    names.map((host): Route => ({ host: host.toLowerCase(), path: null, header: null, to, strip: false })),
  )
  return [...own, ...ofServices].toSorted(bySpecificity)
}

/** A whole name before a wildcard, a long wildcard before a short one, a long path before a short one, a header before none. */
function bySpecificity(a: Route, b: Route): number {
  return (
    nameRank(a) - nameRank(b) ||
    (b.path?.length ?? 0) - (a.path?.length ?? 0) ||
    Number(a.header === null) - Number(b.header === null) ||
    byText(routeKey(a), routeKey(b)) ||
    byText(a.to, b.to)
  )
}

const anyName = 1000

function nameRank({ host }: Route): number {
  if (host === null) return anyName
  return host.startsWith('*.') ? anyName - host.length : 0
}

/** What a request must look like; two routes with the same key are one too many. */
export const routeKey = ({ host, path, header }: Omit<Route, 'to' | 'strip'>): string =>
  [host ?? '*', path ?? '/', header === null ? '' : `${header.name.toLowerCase()}: ${header.value}`].join(' ').trimEnd()

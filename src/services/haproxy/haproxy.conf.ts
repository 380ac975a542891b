/** usr/local/etc/haproxy.conf: what the edge listens on, whom it sends what, and how it asks whether they work. */
import { createHash } from 'node:crypto'
import { byText } from '../../../topology/names.ts'
import type { Address, PerFamily } from '../../../topology/prefix.ts'
import { madeBy } from '../../render/file.ts'
import { type Block, template } from '../../render/template.ts'
import type { Offers } from '../capability.ts'
import type { Deployed, Instance } from '../kind.ts'
import {
  alivePath,
  certificateDirectory,
  type Options,
  peersPort,
  sharesRates,
  sharesTables,
  statusPort,
} from './options.ts'
import { type Route, routesOf } from './route.ts'

type Value = string | number | readonly (string | number)[]

/** One word of the file; a list is several words. */
const haproxy = template<Value>(value => {
  if (typeof value === 'object') return value.map(one => word(String(one))).join(' ')
  return word(String(value))
})

/** Blanks, quotes, `#` and backslashes mean something unless quoted; inside single quotes nothing does but their end. */
export function word(text: string): string {
  if (/[\x00-\x1f\x7f]/.test(text))
    throw new Error(`${JSON.stringify(text)} in haproxy.conf: this is a bug in meshwright`)
  if (/^[\w.,:;/@%+=?&*(){}[\]!~^<>|-]+$/.test(text)) return text
  return text.includes("'") ? text.replace(/[\\'"#$ ]/g, String.raw`\$&`) : `'${text}'`
}

type Site = Offers['http']

/** Names of the file's own proxies have a dot, so that no service is called like them. */
export function renderHaproxyConf(instance: Instance, service: Deployed<Options>): string {
  const { options } = service
  const sites = service.offers('http', instance)
  const routes = routesOf(options.routes, new Map([...sites].map(([name, { domains }]) => [name, domains])))
  const used = [...sites]
    .filter(([name]) => [...routes.map(({ to }) => to), options.acme, options.default].includes(name))
    .toSorted(([a], [b]) => byText(a, b))
  const content = haproxy`
    # ${madeBy.split(' ')}
    ${globalSection(instance, service)}

    ${defaultsSection(options)}
    ${sharesTables(service) ? peersSection(service) : null}
    ${options.rate === 'off' ? null : clientsSection(service, options.rate)}

    ${options.tls === 'none' ? plainFrontend(instance, routes, options) : redirectingFrontend(instance, options)}
    ${options.tls === 'none' ? null : tlsFrontend(instance, routes, options)}

    ${statusFrontend(
      instance,
      used.map(([name]) => name),
    )}
    ${used.map(([name, site]) => backend(name, site, { instance, service, routes }))}

    backend edge.nowhere
      http-request return status 404 content-type text/plain string ${'Nothing answers to this name here.'}
  `
  return content.text.replace(/ +$/gm, '').replace(/\n{3,}/g, '\n\n')
}

function globalSection({ host }: Instance, service: Deployed<Options>): Block {
  const { maxconn, tls } = service.options
  const [major = 0] = service.version.split('.').map(Number)
  return haproxy`
    global
      daemon
      # The package brings no user of its own (net/haproxy).
      user www
      group www
      chroot /var/empty
      log 127.0.0.1:514 local0
      maxconn ${maxconn}
      hard-stop-after 60s
      stats socket /var/run/haproxy.sock mode 600 level admin
      ${sharesTables(service) ? haproxy`localpeer ${host.name}` : null}
      ${tls === 'none' ? null : haproxy`ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets`}
      ${tls === 'none' ? null : haproxy`ssl-default-bind-ciphers ${ciphers.join(':')}`}
      ${tls !== 'none' && major >= 3 ? haproxy`tune.h2.fe.glitches-threshold 1000` : null}
  `
}

/** TLS 1.2 with forward secrecy and AEAD only; those of 1.3 are all good (RFC 9325). */
const ciphers = ['ECDSA', 'RSA'].flatMap(key =>
  ['AES128-GCM-SHA256', 'CHACHA20-POLY1305', 'AES256-GCM-SHA384'].map(cipher => `ECDHE-${key}-${cipher}`),
)

function defaultsSection({ timeouts, 'server-maxconn': serverMaxconn }: Options): Block {
  return haproxy`
    defaults
      mode http
      log global
      option httplog
      option dontlognull
      option redispatch 1
      # X_Forwarded_For and X-Forwarded-For are one variable in a CGI: only the second can be right.
      option http-restrict-req-hdr-names delete
      retries 3
      timeout connect ${timeouts.connect}s
      timeout client ${timeouts.client}s
      timeout server ${timeouts.server}s
      timeout http-request ${timeouts.request}s
      timeout http-keep-alive ${timeouts.keepalive}s
      timeout queue ${timeouts.queue}s
      timeout tunnel ${timeouts.tunnel}s
      default-server inter 3s fall 3 rise 2 maxconn ${serverMaxconn}
  `
}

function peersSection(service: Deployed<Options>): Block {
  return haproxy`

    peers edge.peers
      ${service
        .instances('edge')
        .map(({ host, jail }) => haproxy`peer ${host.name} ${jail.address.inet.text}:${peersPort}`)}
  `
}

function clientsSection({ options }: Deployed<Options>, { seconds }: Exclude<Options['rate'], 'off'>): Block {
  return haproxy`

    # Who asks how often. An IPv6 client is its /64.
    backend edge.clients
      stick-table type ipv6 size 200k expire ${seconds * 3}s store conn_cur,http_req_rate(${seconds}s) ${sharesRates(options) ? ['peers', 'edge.peers'] : []}
  `
}

const bind = ({ jail }: Instance, port: number, more: readonly string[] = []): Block => haproxy`
  bind ${[`${jail.address.inet.text}:${port}`, ...more]}
  bind ${[`[${jail.address.inet6.text}]:${port}`, ...more]}
`

/** What every frontend does before it looks where a request goes. */
function entrance({ rate, bandwidth }: Options): Block {
  return haproxy`
    ${rate === 'off' ? null : limits(rate)}
    ${bandwidth === undefined ? null : haproxy`filter bwlim-out edge.bandwidth default-limit ${bandwidth} default-period 1s`}
    ${bandwidth === undefined ? null : haproxy`http-response set-bandwidth-limit edge.bandwidth`}
  `
}

function limits({ requests, connections, except }: Exclude<Options['rate'], 'off'>): Block {
  const bound = except.length === 0 ? [] : ['!{', 'src', ...except.map(({ text }) => text), '}']
  return haproxy`
    tcp-request connection track-sc0 src,ipmask(32,64) table edge.clients
    tcp-request connection reject if { sc_conn_cur(0,edge.clients) gt ${connections} } ${bound}
    http-request deny deny_status 429 if { sc_http_req_rate(0,edge.clients) gt ${requests} } ${bound}
  `
}

/** What clients say of themselves is dropped: a server may believe these headers. `Proxy` is HTTP_PROXY in a CGI. */
const forwarded = (scheme: 'http' | 'https'): Block => haproxy`
  http-request del-header Forwarded
  http-request del-header X-Forwarded-Port
  http-request del-header X-Forwarded-Prefix
  http-request del-header X-Real-IP
  http-request del-header Proxy
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Proto ${scheme}
`

const challenge = 'path -m beg -- /.well-known/acme-challenge/'.split(' ')

/** Port 80 where there is TLS: only the way to it, and what a certificate authority asks for (RFC 8555, 8.3). */
function redirectingFrontend(instance: Instance, options: Options): Block {
  const { acme } = options
  const pass = (to: string): Block => haproxy`
    acl challenge ${challenge}
    http-request redirect scheme https code 301 unless challenge
    ${forwarded('http')}
    use_backend ${to} if challenge
  `
  return haproxy`
    frontend edge.http
      ${bind(instance, 80)}
      ${entrance(options)}
      ${acme === undefined ? haproxy`http-request redirect scheme https code 301` : pass(acme)}
      default_backend edge.nowhere
  `
}

function tlsFrontend(instance: Instance, routes: readonly Route[], options: Options): Block {
  const { certificates, hsts } = options
  const named = certificates.length === 0 ? [''] : certificates.map(file => `/${file}`)
  const tls = ['ssl', ...named.flatMap(file => ['crt', `/${certificateDirectory}${file}`]), ...['alpn', 'h2,http/1.1']]
  return haproxy`

    frontend edge.https
      ${bind(instance, 443, tls)}
      ${entrance(options)}
      ${forwarded('https')}
      ${hsts === undefined ? null : haproxy`http-after-response set-header Strict-Transport-Security ${hstsValue(hsts)}`}
      ${routing(routes, options)}
  `
}

const hstsValue = ({ days, subdomains, preload }: NonNullable<Options['hsts']>): string =>
  [`max-age=${days * 86_400}`, ...(subdomains ? ['includeSubDomains'] : []), ...(preload ? ['preload'] : [])].join('; ')

function plainFrontend(instance: Instance, routes: readonly Route[], options: Options): Block {
  const { acme } = options
  const pass = (to: string): Block => haproxy`
    acl challenge ${challenge}
    use_backend ${to} if challenge
  `
  return haproxy`
    frontend edge.http
      ${bind(instance, 80)}
      ${entrance(options)}
      ${forwarded('http')}
      ${routing(routes, options, acme === undefined ? null : pass(acme))}
  `
}

/** The first route that fits gives its number to the request; what is rewritten after that changes nothing about it. */
function routing(routes: readonly Route[], options: Options, first: Block | null = null): Block {
  const numbered = routes.map((route, i) => ({ ...route, number: i + 1 }))
  const targets = [...new Set(routes.map(({ to }) => to))].toSorted(byText)
  return haproxy`
    http-request set-var(txn.host) req.hdr(host),field(1,:),lower
    ${routes.length === 0 ? null : haproxy`acl routed var(txn.route) -m found`}
    ${numbered.map(route => choice(route, route.number))}
    ${numbered.flatMap(({ strip, path, number }) => (strip && path !== null ? stripped(path, number) : []))}
    ${first}
    ${targets.map(to => haproxy`use_backend ${to} if { var(txn.route) -m int ${numbered.filter(route => route.to === to).map(({ number }) => number)} }`)}
    default_backend ${options.default ?? 'edge.nowhere'}
  `
}

function choice({ host, path, header }: Route, number: number): Block {
  const conditions = [
    ...(host === null ? [] : [`route${number}.host`]),
    ...(path === null ? [] : [`route${number}.path`]),
    ...(header === null ? [] : [`route${number}.header`]),
  ]
  return haproxy`
    ${host === null ? null : haproxy`acl route${number}.host var(txn.host) -m ${host.startsWith('*.') ? ['end', '--', host.slice(1)] : ['str', '--', host]}`}
    ${path === null ? null : haproxy`acl route${number}.path path -m str -- ${path}`}
    ${path === null ? null : haproxy`acl route${number}.path path -m beg -- ${path}/`}
    ${header === null ? null : haproxy`acl route${number}.header req.hdr(${header.name}) -m str -- ${header.value}`}
    http-request set-var(txn.route) int(${number}) if !routed ${conditions}
  `
}

const stripped = (path: string, number: number): Block => haproxy`
  http-request set-header X-Forwarded-Prefix ${path} if { var(txn.route) -m int ${number} }
  http-request replace-path ${[`^${path.replaceAll('.', '[.]')}/?(.*)$`, String.raw`/\1`]} if { var(txn.route) -m int ${number} }
`

/** For the mesh only: is this edge of any use, and its numbers for Prometheus. */
function statusFrontend(instance: Instance, backends: readonly string[]): Block {
  return haproxy`
    frontend edge.status
      ${bind(instance, statusPort)}
      option dontlog-normal
      monitor-uri ${alivePath}
      ${backends.length === 0 ? null : haproxy`# An edge that reaches no server at all is cut off: another one does better.`}
      ${backends.map(name => haproxy`acl served nbsrv(${name}) gt 0`)}
      ${backends.length === 0 ? null : haproxy`monitor fail unless served`}
      http-request use-service prometheus-exporter if { path /metrics }
      http-request return status 404
  `
}

interface Surroundings {
  readonly instance: Instance
  readonly service: Deployed<Options>
  readonly routes: readonly Route[]
}

function backend(name: string, { servers, check, sticky, domains }: Site, around: Surroundings): Block {
  const { instance, service, routes } = around
  const { options } = service
  const named = routes.find(({ to, host }) => to === name && host !== null && !host.startsWith('*.'))?.host
  const sorted = byDistance(servers, instance, service)
  const nearest = sorted[0]?.region
  const cookie = sticky !== null && options.sticky === 'cookie' ? sticky : null
  const farthest = Math.max(0, ...sorted.map(({ milliseconds }) => milliseconds))
  return haproxy`

    backend ${name}
      balance leastconn
      option httpchk
      http-check send meth GET uri ${check.path} ver HTTP/1.1 hdr Host ${domains[0] ?? named ?? 'localhost'}
      ${check.body === undefined ? haproxy`http-check expect status ${check.status}` : haproxy`http-check expect rstring ${check.body}`}
      # Three round trips and a second.
      timeout check ${Math.max(2000, Math.ceil(farthest * 3) + 1000)}ms
      ${cookie === null ? null : cookieLine(cookie, options)}
      ${sticky !== null && options.sticky === 'table' ? table(sticky, service) : null}
      ${sorted.map(server => {
        const more = [
          ...(cookie === null ? [] : ['cookie', cookieValue(name, server.name)]),
          ...(server.region === nearest ? [] : ['backup']),
        ]
        return haproxy`server ${[server.name, authority(server.host, server.port), 'check', ...more]}`
      })}
  `
}

/** A cookie of the edge's own, beside the application's: it works whoever of them the name was meant for. */
const cookieLine = (name: string, { tls }: Options): Block => haproxy`
  cookie ${`edge_${name}`} insert indirect nocache httponly ${tls === 'none' ? [] : ['secure']}
`

/** Tells the client nothing of names and addresses, and is the same on every edge. */
const cookieValue = (backendName: string, server: string): string =>
  createHash('sha256').update(`${backendName}/${server}`).digest('hex').slice(0, 12)

/** What the application set as its cookie leads back to the server that set it, through any edge. */
function table(cookie: string, service: Deployed<Options>): Block {
  return haproxy`
    stick-table type string len 128 size 100k expire 30m ${sharesTables(service) ? ['peers', 'edge.peers'] : []}
    stick store-response res.cook(${cookie})
    stick match req.cook(${cookie})
  `
}

const authority = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)

type Server = Site['servers'][number] & { readonly region: string; readonly milliseconds: number }

/** The nearest first: those of the nearest region work, and the others wait, each until all before it are gone. */
function byDistance(servers: Site['servers'], { host: here }: Instance, service: Deployed<Options>): readonly Server[] {
  return servers
    .map((server): Server => {
      const home = service.mesh.hosts.find(host =>
        host.jails.some(({ address }) => addresses(address).includes(server.host)),
      )
      const region = home?.region ?? here.region
      return {
        ...server,
        region,
        milliseconds: region === here.region ? 0 : service.roundTrip(here.region, region).milliseconds,
      }
    })
    .toSorted((a, b) => a.milliseconds - b.milliseconds || byText(a.region, b.region) || byText(a.name, b.name))
}

const addresses = (of: PerFamily<Address>): readonly string[] => [of.inet.text, of.inet6.text]

/** How a map looks: its colours are those of the theme, and every state has a pattern of its own besides its colour. */
import { kindHues, regionHues, themeCss } from './theme.ts'

const numbered = (n: number, rule: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => rule(i)).join('')

export const mapCss: string = [
  '',
  themeCss('.map'),
  `.map{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;fill:var(--ink)}
.map .paper{fill:var(--paper)}
.map .mesh,.map .name,.map .region-title{font-weight:bold}
.map .soft,.map .address{fill:var(--soft)}
.map .address{font-variant-numeric:tabular-nums}
.map .tunnel,.map .bundle{fill:none;stroke:var(--tunnel);stroke-linecap:round}
.map .tunnel{stroke-width:1.4;stroke-opacity:.55}
.map .bundle{stroke-opacity:.4}
.map .trip rect{fill:var(--paper);stroke:var(--tunnel);stroke-width:1}
.map .trip text{fill:var(--ink)}
.map .card{fill:var(--card);stroke:var(--edge);stroke-width:1.2}
.map .host.edge>.card{stroke:var(--accent);stroke-width:2.4}
.map .ring{fill:none;stroke:var(--accent);stroke-width:3}
.map .card.nat{stroke-dasharray:9 6}
.map.compact .card{stroke-width:2}.map.dot .card{stroke-width:3}.map.compact .tunnel,.map.dot .tunnel{stroke-width:2.4}
.map .pill rect{fill:none;stroke:var(--soft);stroke-width:1}
.map .pill text{fill:var(--soft)}
.map .pill.nat rect{stroke-dasharray:3 2}
.map .pill.gateway rect,.map .pill.internet rect{stroke:var(--accent)}
.map .pill.gateway text,.map .pill.internet text,.map .mark-text{fill:var(--accent)}
.map .jail rect,.map .swatch rect{stroke-width:1}
.map .jail.plain rect,.map .swatch.plain rect{fill:var(--plain);stroke:var(--plain-edge)}
.map .jail.plain text,.map .swatch.plain text{fill:var(--plain-ink)}
.map .strike{display:none;fill:none;stroke:var(--bad);stroke-width:1.6;stroke-opacity:.5}
.map .host.lost>.strike{display:inline}
.map .host.lost>.card{stroke:var(--bad);stroke-dasharray:2 4}
.map .host.broken>.card{stroke:var(--bad);stroke-width:2.4;stroke-dasharray:8 4}
.map .host.degraded>.card{stroke:var(--warn);stroke-width:2.4;stroke-dasharray:12 3 2 3}
.map .pill.state rect{stroke:var(--bad);fill:none}
.map .pill.state text,.map .host.lost>.mark-text,.map .host.broken>.mark-text{fill:var(--bad);font-weight:bold}
.map .jail.lost text{text-decoration:line-through}
.map .jail.lost rect{stroke:var(--bad);stroke-dasharray:1.5 2.5}
.map .jail.broken rect{stroke:var(--bad);stroke-width:2;stroke-dasharray:5 2.5}
.map .jail.degraded rect{stroke:var(--warn);stroke-width:2;stroke-dasharray:7 2 1.5 2}
.map .tunnel.lost,.map .bundle.lost{stroke:var(--bad);stroke-opacity:.35;stroke-dasharray:1 6}
.map .tunnel.broken,.map .bundle.broken{stroke:var(--bad);stroke-opacity:1;stroke-dasharray:7 5}
.map .bundle.degraded{stroke:var(--warn);stroke-dasharray:14 4 3 4}
.map .bad{fill:var(--bad);font-weight:bold}.map .warn{fill:var(--warn);font-weight:bold}
.map .host:focus-visible{outline:3px solid var(--accent);outline-offset:4px}
@media print{.map .tunnel{stroke-opacity:.8}.map .ground{fill-opacity:.5}}`,
  numbered(regionHues, n => `.map .ground.r${n}{fill:var(--r${n})}.map .region-title.r${n}{fill:var(--r${n}-ink)}`),
  numbered(
    kindHues,
    n =>
      `.map .jail.k${n} rect,.map .swatch.k${n} rect{fill:var(--k${n});stroke:var(--k${n}-edge)}.map .jail.k${n} text,.map .swatch.k${n} text{fill:var(--k${n}-ink)}`,
  ),
  '',
].join('\n')

/** `meshwright export html`: the mesh as one page that stands alone: a picture to walk through, and all of it in words. */
import { createHash } from 'node:crypto'
import { script } from 'page:map'
import type { Graph } from '../graph.ts'
import { svgMap } from '../svg/svg.ts'
import { packed } from './data.ts'
import { jsonMarkup, Markup, markup } from './markup.ts'
import { styleOf } from './style.ts'
import { summaryOf, words } from './words.ts'

export function htmlMap(graph: Graph): string {
  const picture = svgMap(graph, { interactive: true })
  const style = styleOf()
  const styles = [style, ...[...picture.matchAll(/<style>([^<]*)<\/style>/g)].map(([, text = '']) => text)]
  // Nothing is asked from anywhere, and what is not written here does not run.
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${[...new Set(styles.map(hashOf))].join(' ')}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="meshwright">
<meta name="referrer" content="no-referrer">
<title>${graph.mesh}: map of the mesh</title>
<link rel="icon" href="${icon}">
<style>${new Markup(style)}</style>
</head>
<body>
<a class="skip" href="#words">Skip to the mesh in words</a>
<header>
<div class="name"><h1>${graph.mesh}</h1><p>${summaryOf(graph)}</p></div>
${search}
<button type="button" id="theme" class="tool" hidden>Dark</button>
</header>
<main>
<div id="desk">
<section id="map" aria-label="Map">
${new Markup(picture.replace(/^<\?xml[^>]*\?>\s*/, ''))}
${tools}
</section>
<aside id="side" aria-label="About what is chosen" hidden>
<section id="about" aria-labelledby="about-title"></section>
<section id="whatif" aria-labelledby="whatif-title"></section>
</aside>
</div>
${words(graph)}</main>
<p id="said" class="unseen" role="status" aria-live="polite"></p>
<script type="application/json" id="graph">${jsonMarkup(packed(graph))}</script>
<script>${new Markup(script)}</script>
</body>
</html>
`.text
}

/** The source expression by which a policy allows exactly this text. */
const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M3 12 8 3l5 9z' fill='none' stroke='%232a6fb0' stroke-width='1.6'/%3E%3Cg fill='%232a6fb0'%3E%3Ccircle cx='8' cy='3' r='2.4'/%3E%3Ccircle cx='3' cy='12' r='2.4'/%3E%3Ccircle cx='13' cy='12' r='2.4'/%3E%3C/g%3E%3C/svg%3E"

const search = markup`<form id="search" role="search" hidden>
<label class="unseen" for="find">Find a host, jail, service, address or flow</label>
<input id="find" type="search" autocomplete="off" spellcheck="false" placeholder="Find a host, jail, address …" role="combobox" aria-expanded="false" aria-controls="found" aria-autocomplete="list" aria-keyshortcuts="/">
<kbd aria-hidden="true">/</kbd>
<ul id="found" role="listbox" aria-label="Found" hidden></ul>
</form>`

const tools = markup`<div id="tools" role="group" aria-label="Size of the picture" hidden>
<button type="button" class="tool" id="nearer" aria-label="Nearer" aria-keyshortcuts="+">+</button>
<button type="button" class="tool" id="farther" aria-label="Farther" aria-keyshortcuts="-">−</button>
<button type="button" class="tool" id="whole" aria-label="All of it" aria-keyshortcuts="0">⤢</button>
</div>`

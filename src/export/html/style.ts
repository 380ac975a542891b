/** How the page looks: the colours of the map, the letters of the reader's system, and one accent. */
import { themeCss } from '../svg/theme.ts'

export const styleOf = (): string => `${themeCss(':root')}
${page}`

const page = `*,*::before,*::after{box-sizing:border-box}
[hidden]{display:none!important}
html{font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;background:var(--paper);color:var(--ink);-webkit-text-size-adjust:100%;scroll-padding-top:4.5rem}
body{margin:0}
h1,h2,h3,h4,p,ul,dl,dd,figure{margin:0;padding:0}
ul{list-style:none}
h1{font-size:1.25rem;line-height:1.2}
h2{font-size:1.1rem;line-height:1.3}
h3{font-size:.95rem}
h4{font-size:.95rem;margin:1.2rem 0 .3rem}
small{font-weight:normal;color:var(--soft)}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:2px}
code,kbd{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:.87em}
kbd{border:1px solid var(--edge);border-radius:4px;padding:0 .35em;color:var(--soft)}
button,input,select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--control);border-radius:8px;padding:.35rem .7rem;min-height:2.25rem;max-width:100%}
button,select{cursor:pointer}
button:hover,select:hover{border-color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.unseen{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-200vw;z-index:9;background:var(--card);padding:.5rem 1rem;border-radius:0 0 8px 0}
.skip:focus{left:0;top:0}
.hint,.aside{color:var(--soft)}
.bad{color:var(--bad);font-weight:bold}
header{position:sticky;top:0;z-index:5;display:flex;gap:1rem;align-items:center;padding:.6rem 1.25rem;background:var(--paper);border-bottom:1px solid var(--edge)}
header .name{flex:1;min-width:0}
header .name p{color:var(--soft);font-size:.87rem;line-height:1.3}
header h1{overflow-wrap:anywhere}
#search{position:relative;width:min(24rem,40vw)}
#search input{width:100%;padding-right:2.2rem}
#search input::-webkit-search-cancel-button{display:none}
#search input::placeholder{color:var(--soft);opacity:1}
#search>kbd{position:absolute;right:.7rem;top:50%;transform:translateY(-50%);pointer-events:none}
#search input:focus~kbd{visibility:hidden}
#found{position:absolute;right:0;left:0;top:calc(100% + .3rem);max-height:70vh;overflow:auto;background:var(--card);border:1px solid var(--edge);border-radius:10px;box-shadow:0 10px 30px #0003;padding:.3rem}
#found li{padding:.35rem .6rem;border-radius:6px;cursor:pointer;overflow-wrap:anywhere;border-left:3px solid transparent}
#found b{font-weight:600}
#found li span{display:block;color:var(--soft);font-size:.85rem;line-height:1.3}
#found li[aria-selected=true]{background:var(--plain);border-left-color:var(--accent)}
#found li[aria-selected=true] span{color:var(--plain-ink)}
#desk{display:grid;grid-template-columns:minmax(0,1fr)}
.awake #desk{grid-template-columns:minmax(0,1fr) 27.5rem;grid-template-rows:minmax(0,1fr);height:calc(100vh - 3.9rem);height:calc(100dvh - 3.9rem)}
#map{position:relative;min-width:0;min-height:0}
#map>svg{display:block;width:100%;height:100%;max-height:calc(100vh - 3.9rem)}
.awake #map>svg{touch-action:pan-y;cursor:default;max-height:none;height:100%;position:absolute;inset:0}
.awake #map>svg.near{touch-action:none;cursor:grab}
#map>svg:focus-visible{outline-offset:-3px}
#map>svg.map>.mesh,#map>svg.map>.mesh+.soft{display:none}
.awake #map :is(.host,.jail,.tunnel){cursor:pointer}
.awake #map .region:hover .region-title{text-decoration:underline;cursor:pointer}
#tools{position:absolute;left:1rem;top:1rem;display:flex;gap:.4rem}
.tool{min-width:2.25rem;padding:.2rem .6rem}
#side{display:flex;flex-direction:column;min-height:0;border-left:1px solid var(--edge);background:var(--card)}
#side>section{overflow:auto;overscroll-behavior:contain;padding:1.1rem 1.25rem}
#about{flex:1 1 40%}
#whatif{flex:0 1 auto;max-height:58%;border-top:1px solid var(--edge)}
#side .title{position:relative;padding-right:2.5rem}
#side .title h2{font-size:1.35rem;overflow-wrap:anywhere}
#side .close{position:absolute;right:0;top:0;padding:0;width:2.25rem;border-color:transparent;background:none;font-size:1.3rem;line-height:1}
#side dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.2rem .9rem;margin:.8rem 0}
#side dt{color:var(--soft)}
#side dd{overflow-wrap:anywhere}
.codes code{display:block}
#side details{margin-top:.9rem}
#side summary{cursor:pointer;display:flex;gap:.5rem;align-items:baseline;border-radius:4px}
#side summary::before{content:'▸';color:var(--soft);font-size:.8em}
#side details[open]>summary::before{content:'▾'}
#side li{display:flex;flex-wrap:wrap;gap:0 .5rem;padding:.12rem 0 .12rem 1rem;align-items:baseline;overflow-wrap:anywhere}
#side li .aside{font-size:.87rem}
.go{border:0;background:none;padding:0;min-height:1.5rem;color:var(--accent);text-align:left;border-radius:3px;overflow-wrap:anywhere}
.go:hover{text-decoration:underline}
.lose{margin-top:.8rem}
.keys{display:flex;flex-wrap:wrap;gap:.3rem 1rem;margin-top:1.2rem;color:var(--soft);font-size:.87rem}
.choice,.choice .link{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin-top:.6rem}
.choice>select{width:100%}
.choice .link select{flex:1;min-width:0}
.choice .link{width:100%;flex-wrap:nowrap;margin:0}
.chips{display:flex;flex-wrap:wrap;gap:.4rem;margin-top:.7rem}
#side .chips li{border:1px solid var(--bad);color:var(--bad);border-radius:99px;padding:0 0 0 .8rem;gap:0;align-items:center;font-weight:600}
#side .chips li.unknown{border-style:dashed}
.chips button{border:0;background:none;padding:0 .7rem;min-height:1.9rem;font-weight:bold}
#outcome h3{margin-top:1rem}
.every{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;margin-top:1.2rem}
.every label{display:flex;gap:.4rem;align-items:center;color:var(--soft)}
.every input{min-height:0;accent-color:var(--accent)}
progress{width:100%;accent-color:var(--accent)}
#singles p{margin-top:.6rem}
.wide{overflow-x:auto;margin-top:.5rem;border-radius:6px}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.35rem .9rem .35rem 0;border-bottom:1px solid var(--edge)}
thead th{color:var(--soft);font-weight:600;white-space:nowrap;font-size:.85rem}
#side table{font-size:.82rem;line-height:1.3}
#side thead th{font-size:.66rem;white-space:normal;vertical-align:bottom}
#side th,#side td{padding:.3rem .5rem .3rem 0;vertical-align:top;overflow-wrap:normal}
#side tbody th .go{display:block;min-height:0;overflow-wrap:normal}
#side tr>:last-child{padding-right:0}
tbody th{font-weight:600}
#words{max-width:90rem;margin:0 auto;padding:2rem 1.25rem 4rem}
#words>h2{font-size:1.5rem}
#words h3{font-size:1.15rem;margin-top:2.2rem}
#words section{content-visibility:auto;contain-intrinsic-size:auto 30rem}
#words a{text-decoration:none}
#words a:hover,#words a:focus-visible{text-decoration:underline}
#words :target{background:var(--plain);outline:3px solid var(--plain)}
#words td code{white-space:nowrap}
#words p{margin-top:.4rem}
.map :is(.host,.jail,.tunnels,.trip,.region){transition:opacity .12s}
.map.asked .tunnels,.map.asked .trip{opacity:.15}
.map.asked .host:not(.with){opacity:.4}
.map.asked .jail:not(.with){opacity:.3}
.map .host.chosen>.card{stroke:var(--accent);stroke-width:3.5}
.map .jail.chosen>rect{stroke:var(--accent);stroke-width:2.5}
.map .jail.sibling>rect{stroke:var(--accent);stroke-width:1.5;stroke-dasharray:3 2}
.map .region.with .ground{stroke:var(--edge);stroke-width:2}
.asked-for{pointer-events:none;fill:none}
.asked-tunnel{stroke:var(--tunnel);stroke-width:2;stroke-opacity:.5}
.flow{stroke-width:2;stroke:var(--accent);stroke-linecap:round}
.flow.in{stroke:var(--ink);stroke-opacity:.55;stroke-dasharray:6 5}
.arrow.out{fill:var(--accent)}
.arrow.in{fill:var(--ink)}
.map.losing .host.lost>*:not(.strike){opacity:.45}
@media (max-width:60rem){
.awake #desk{grid-template-columns:minmax(0,1fr);height:auto}
.awake #map{height:min(110vw,70vh)}
#side{display:block;border-left:0;border-top:1px solid var(--edge)}
#whatif{max-height:none}
}
@media (max-width:40rem){
header{flex-wrap:wrap;gap:.5rem .7rem;padding:.5rem .8rem;position:static}
#search{order:3;width:100%}
#side>section{padding:1rem .8rem}
#tools{left:.8rem;top:.6rem}
.awake #map>svg{inset:3.6rem 0 0;height:calc(100% - 3.6rem)}
#words{padding:1.5rem .8rem 3rem}
button,select,input{min-height:2.6rem}
.go{min-height:2rem}
th,td{padding-right:.7rem}
}
@media (prefers-reduced-motion:reduce){*{transition:none!important;scroll-behavior:auto!important}}
@media (forced-colors:active){.map .card{stroke:CanvasText}}
@page{margin:12mm}
@media print{
html{font-size:10.5px}
header{position:static;border:0;padding:0}
#search,#theme,#tools,.skip,#said,#side:not(:has(#outcome>*)),#about,#whatif>:not(#outcome){display:none!important}
#side{display:block;border:0;background:none}
#side>section{max-height:none;overflow:visible;padding:0;border:0}
#desk,.awake #desk{display:block;height:auto}
#map,.awake #map{height:auto;break-after:page}
#map>svg,.awake #map>svg{position:static;width:100%;height:auto;max-height:84vh}
#words{max-width:none;padding:0}
#words section{content-visibility:visible}
.wide{overflow:visible}
h3,h4,thead{break-after:avoid}
tr{break-inside:avoid}
#words a{color:inherit}
}
`

/** What the bench of exports measures, in one bundle. */
export { graphOf } from '../../src/export/graph.ts'
export { htmlMap } from '../../src/export/html/html.ts'
export { Metrics } from '../../src/export/metrics/metrics.ts'
export { svgMap } from '../../src/export/svg/svg.ts'
export { demoObserver } from '../../src/health/demo/demo.ts'
export { fleetOf } from '../../src/health/fleet.ts'
export { Memory } from '../../src/health/memory.ts'
export { openMesh } from '../../src/load/open.ts'

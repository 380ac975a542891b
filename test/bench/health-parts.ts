/** What the bench of health measures, in one bundle. */
export { demoObserver } from '../../src/health/demo/demo.ts'
export { fleetOf } from '../../src/health/fleet.ts'
export { Memory } from '../../src/health/memory.ts'
export { openMesh } from '../../src/load/open.ts'
export { frameOf } from '../../ui/frame.ts'
export { onKey, withSnapshot } from '../../ui/reduce.ts'
export { initialState } from '../../ui/state.ts'

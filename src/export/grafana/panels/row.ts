/** A line between panels, under which those that follow can be folded away (Grafana, rows). */
import type { Drawn } from './panel.ts'

export const row = (id: number, title: string): Drawn => ({
  sketch: { id, title, width: 24, height: 1 },
  panel: { id, type: 'row', title, collapsed: false, panels: [] },
})

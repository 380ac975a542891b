/** Some words of explanation (Grafana, text). */
import { builtIn, type Drawn, drawn, type Sketch } from './panel.ts'

export const text = (sketch: Sketch, content: string): Drawn =>
  drawn(sketch, { type: 'text', datasource: builtIn, options: { mode: 'markdown', content } })

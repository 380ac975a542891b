/** What is known of one subject, as YAML. It follows the snapshots like every other view. */
import { stringify } from 'yaml'
import type { Snapshot } from '../../src/health/snapshot.ts'
import { type Line, span } from '../line.ts'
import { memo } from '../memo.ts'
import { factsOf } from '../rows/facts.ts'
import { type Body, type Context, textRows, type View } from './view.ts'

export const yaml: View = {
  name: 'yaml',
  title: () => 'yaml',
  sorts: [],
  filters: false,
  hints: [],
  body,
}

const written = memo<readonly Line[]>(1)

function body({ snapshot, page }: Context): Body {
  return {
    rows: textRows(written(snapshot, page.subject, () => linesOf(snapshot, page.subject))),
    empty: 'It is there no more.',
  }
}

function linesOf(snapshot: Snapshot, subject: string): readonly Line[] {
  const facts = factsOf(snapshot, subject)
  if (facts === null) return []
  const text = stringify(facts, { lineWidth: 0, aliasDuplicateObjects: false })
  return text.trimEnd().split('\n').map(coloured)
}

/** Keys are told from values. */
function coloured(text: string): Line {
  const [, before = '', key = '', after = ''] = /^(\s*(?:- )*)([^\s:'"-][^:'"]*:)(\s.*)?$/.exec(text) ?? []
  return key === '' ? [span(text)] : [span(before), span(key, 'accent'), span(after)]
}

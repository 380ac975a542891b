/** The packet filter: pfctl(8) with its state, its first rule and its labels. */
import type { Pf, PfLabel } from '../../report.ts'
import type { Part } from '../output.ts'
import { numberOf } from './number.ts'
import { short } from './reason.ts'

/** Without its module there is no /dev/pf, and nothing is filtered. */
export const withoutPf = (part: Part | undefined): Pf | null =>
  part !== undefined &&
  part.status !== 0 &&
  part.lines.some(line => line.includes('/dev/pf: No such file or directory'))
    ? { enabled: false, defaultDeny: null, states: null, labels: [] }
    : null

const denies =
  /^block (?:(?:drop|return|return-\S+(?: ?\([^)]*\))?) )?(?:log (?:\([^)]*\) )?)?(?:quick )?all(?: (?:label|ridentifier|tag) .*)?$/

export function pfOf(lines: readonly string[]): Pf | null {
  const [atRules, atLabels] = [lines.indexOf('rules'), lines.indexOf('labels')]
  const info = atRules < 0 ? lines : lines.slice(0, atRules)
  const status = info.map(line => /^Status: (Enabled|Disabled)\b/.exec(line)?.[1]).find(word => word !== undefined)
  if (status === undefined) return null
  const states = info.map(line => /^ *current entries +([0-9]+)/.exec(line)?.[1]).find(text => text !== undefined)
  const rule = atRules < 0 ? undefined : lines.slice(atRules + 1, atLabels < 0 ? undefined : atLabels)[0]
  return {
    enabled: status === 'Enabled',
    // No rule at all passes everything, if the rules were told to their end.
    defaultDeny: rule === undefined ? (atLabels < 0 ? null : false) : denies.test(short(rule.trim(), 1000)),
    states: numberOf(states),
    labels: atLabels < 0 ? [] : lines.slice(atLabels + 1).flatMap(labelOf),
  }
}

function labelOf(line: string): readonly PfLabel[] {
  const [, packets, bytes, states, label = ''] = /^([0-9]{1,20}) ([0-9]{1,20}) ([0-9]{1,20}) (.*)$/.exec(line) ?? []
  if (label.trim() === '') return []
  return [
    {
      label: short(label.trim(), 64),
      packets: Number(packets),
      bytes: Number(bytes),
      states: Number(states),
    },
  ]
}

/** The cases of alerts as promtool(1) runs them: each fires when it must, not a minute before, and else stays silent. */
import type { Alert, Case } from './alert.ts'
import type { AlertGroup } from './catalogue.ts'

/** `rules`: paths as seen from the test. */
export const testFile = ({ alerts }: AlertGroup, rules: readonly string[]): object => ({
  rule_files: rules,
  evaluation_interval: '1m',
  tests: alerts.flatMap(alert =>
    alert.cases.map((one, i) => ({
      name: `${alert.alert} ${one.fires.length > 0 ? 'fires' : 'stays silent'} (${i + 1})`,
      interval: '1m',
      input_series: Object.entries(one.series).map(([series, values]) => ({ series, values })),
      alert_rule_test: momentsOf(alert, one).map(({ minute, fires }) => ({
        eval_time: `${minute}m`,
        alertname: alert.alert,
        exp_alerts: fires ? one.fires.map(({ labels, value }) => expected(alert, labels, value)) : [],
      })),
    })),
  ),
})

interface Moment {
  readonly minute: number
  readonly fires: boolean
}

function momentsOf({ minutes }: Alert, { from, once, fires }: Case): readonly Moment[] {
  if (once === true) return [{ minute: from, fires: false }]
  if (fires.length === 0) {
    // What never fires is looked at on the way, too.
    const last = from === 0 ? minutes * 2 + 10 : from
    return [...new Set([minutes, minutes + 1, Math.floor(last / 2), last])]
      .filter(minute => minute <= last)
      .toSorted((a, b) => a - b)
      .map(minute => ({ minute, fires: false }))
  }
  const first = from + minutes
  return [...(first > 0 ? [{ minute: first - 1, fires: false }] : []), { minute: first, fires: true }]
}

function expected(
  { severity, summary, description }: Alert,
  labels: Readonly<Record<string, string>>,
  value = '',
): object {
  const filled = (text: string): string =>
    text.replace(/\{\{ \$(?:labels\.(\w+)|value[^}]*) \}\}/g, (_, label: string | undefined) =>
      label === undefined ? value : (labels[label] ?? ''),
    )
  return {
    exp_labels: { severity, ...labels },
    exp_annotations: { description: filled(description), summary: filled(summary) },
  }
}

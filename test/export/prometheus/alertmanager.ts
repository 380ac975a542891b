/** A real Alertmanager that is told of alerts, and says which of them it would not tell anybody. */
import { yamlText } from '../../../src/render/yaml.ts'
import { alone, laidOut } from '../../services/setting.ts'

export type Labels = Readonly<Record<string, string>>

const url = 'http://127.0.0.1:9093'

/** What it tells: neither inhibited nor meant for nobody. As `amtool alert query` gives it, sorted. */
export function toldOf(configuration: object, alerts: readonly Labels[]): readonly string[] {
  const end = new Date(Date.now() + 3_600_000).toISOString()
  const here = laidOut({
    'alertmanager.yml': yamlText(configuration),
    'alerts.json': JSON.stringify(alerts.map(labels => ({ labels, endsAt: end }))),
    'run.sh': `
prometheus-alertmanager --config.file=alertmanager.yml --storage.path=data --web.listen-address=127.0.0.1:9093 \\
  --cluster.listen-address= --log.level=error &
till() { for i in $(seq 200); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; exit 9; }
till curl -sf ${url}/-/ready
curl -sf -H 'Content-Type: application/json' -d @alerts.json ${url}/api/v2/alerts >/dev/null
# It takes alerts in one by one, and what follows may come before its cause.
count() { curl -sf "${url}/api/v2/alerts?$1" | grep -o '"fingerprint"' | wc -l; }
calm() {
  test "$(count)" -eq ${alerts.length} || { same=0; return 1; }
  now=$(count inhibited=false)
  if [ "$now" = "$before" ]; then same=$((same + 1)); else before=$now same=0; fi
  test $same -ge 10
}
till calm
echo TOLD "$(curl -sf '${url}/api/v2/alerts?inhibited=false')"
kill %1
`,
  })
  const { output } = alone([], `cd ${here} && timeout 50 bash run.sh`, 60)
  const [, text] = /^TOLD (.*)$/m.exec(output) ?? []
  if (text === undefined) throw new Error(output)
  const told = JSON.parse(text) as readonly { readonly labels: Labels }[]
  return told
    .filter(({ labels }) => labels['severity'] !== 'none')
    .map(({ labels }) =>
      Object.entries(labels)
        .filter(([name]) => name !== 'severity')
        .map(([name, value]) => (name === 'alertname' ? value : `${name}=${value}`))
        .join(' '),
    )
    .toSorted()
}

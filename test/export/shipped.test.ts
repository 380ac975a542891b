import { expect, test } from 'vitest'
import { Metrics } from '../../src/export/metrics/metrics.ts'
import { relayed } from '../../src/export/metrics/exporters.ts'
import { prometheusFiles } from '../../src/export/prometheus/prometheus.ts'
import { expectText } from '../golden-text.ts'
import { golden, shipped } from './planned.ts'
import { demoAt, shippedWorld } from './worlds.ts'

test('what Prometheus and Alertmanager are told of the shipped mesh is kept', async () => {
  const files = prometheusFiles(await shipped())
  expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(['prometheus.yml', 'rules/alerts.yml']))
  for (const { path, text } of files) expectText(golden(`prometheus/${path}`), text)
})

test('what serve says of the shipped mesh is kept', async () => {
  const { graph, fleet } = await shippedWorld()
  const snapshot = demoAt(fleet, 60)
  const metrics = new Metrics({ version: '0', graph, fleet })
  expectText(golden('metrics.prom'), [...metrics.text({ snapshot, secretsWritten: 1_700_000_000_000 })].join(''))
  expectText(golden('exporters.prom'), [...relayed(snapshot)].join(''))
})

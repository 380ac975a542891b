/** What `export grafana` writes of the shipped mesh, as it is kept. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { grafanaFiles } from '../../src/export/grafana/grafana.ts'
import { expectText } from '../golden-text.ts'
import { shippedMesh } from './grafana-meshes.ts'

const files = grafanaFiles((await shippedMesh()).graph)

test('seven files', () =>
  expect(files.map(({ path }) => path)).toEqual([
    ...['host', 'mesh', 'placement', 'services', 'topology'].map(name => `dashboards/${name}.json`),
    ...['dashboards', 'datasources'].map(name => `provisioning/${name}/meshwright.yaml`),
  ]))

test.each(files)('$path', ({ path, text }) => expectText(join(import.meta.dirname, 'golden/grafana', path), text))

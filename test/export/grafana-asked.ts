/** What a Prometheus told: between the program that asks it and the test that judges. */
import type { ExportFile } from '../../src/export/files.ts'
import type { Element } from './grafana-panels.ts'

export interface Asked {
  readonly dashboard: string
  readonly panel: number
  readonly refId: string
  readonly expr: string
  /** For which `$host`. */
  readonly host: string
  readonly series: number
  readonly error: string | null
  /** Of tables. */
  readonly elements: readonly Element[] | null
}

export interface AskedMesh {
  readonly name: string
  readonly hosts: readonly string[]
  readonly files: readonly ExportFile[]
  readonly asked: readonly Asked[]
}

/** What an export of several files is. */
export interface ExportFile {
  /** Below the directory of the export: `dashboards/mesh.json`. */
  readonly path: string
  readonly text: string
  /** Default: no. */
  readonly executable?: boolean
}

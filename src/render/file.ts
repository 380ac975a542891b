/** One file of a host: where it goes, what it says, how it must lie there, and what its change sets in motion. */
import type { Block } from './template.ts'

export interface RenderedFile {
  /** Without the leading slash: `etc/pf.conf`. */
  readonly path: string
  readonly content: Block
  readonly mode: FileMode
  /** Names in passwd(5) and group(5) of where it lies; root and wheel when not given. */
  readonly owner?: string
  readonly group?: string
  /** Keys are in it: never shown, never readable by others. */
  readonly secret: boolean
  readonly reload: Reload
}

export type FileMode = 0o600 | 0o640 | 0o644 | 0o700 | 0o755

/**
 * What must be done on the host when the file changes; `jail:NAME` restarts that jail, `rc:NAME/SCRIPT/reload` runs the
 * rc(8) script of a daemon in it, `service:SCRIPT/restart` that of a daemon of the host itself.
 */
export type Reload =
  | 'netif'
  | 'routing'
  | 'wireguard'
  | 'pf'
  | 'reboot'
  | 'sysrc'
  | 'none'
  | `jail:${string}`
  | `rc:${string}`
  | `service:${string}`

export const plain = (path: string, content: Block, reload: Reload): RenderedFile => ({
  ...{ path, content, reload },
  mode: 0o644,
  secret: false,
})

/** First line of every file: what made it. No date, so that the same mesh gives the same bytes. */
export const madeBy = 'Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.'
